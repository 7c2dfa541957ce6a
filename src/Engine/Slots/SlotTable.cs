using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Slots;

/// <summary>Tracks which processes of the store are alive: each locks the bytes of its slot in one lock file.</summary>
/// <remarks>
/// A slot has two bytes. A <see cref="LifeLock"/> on the first marks the slot as held; the kernel releases it however the
/// process exits. A POSIX lock on the second gives the holder's pid in the reader's PID namespace; code of the process that
/// closes a descriptor of the file drops it, and the pid is then unknown.
/// Not thread-safe: a process takes slots while it starts, and readers query who holds them.
/// Every method raises a <see cref="StoreException"/> if the file cannot be opened, or the file system grants no locks.
/// </remarks>
internal sealed class SlotTable : IDisposable
{
    // The bytes of life locks follow those of pid locks.
    private const long FirstLifeByte = 8 * SlotName.Limit;

    private const int MostSkipped = 8;

    // More than any server has. The kernel walks all locks of the file on each query.
    private const int MostHeld = 4096;

    /// <summary>No slot has this number; its byte is the lock for work that only one process of a kind does at a time.</summary>
    private const int ExclusiveByte = 0;

    private readonly List<LifeLock> _taken = [];
    private int _descriptor;

    private SlotTable(string path, int descriptor) => (Path, _descriptor) = (path, descriptor);

    public string Path { get; }

    /// <summary>Opens or creates the table of a store.</summary>
    public static SlotTable Open(string directory)
    {
        var path = PathIn(directory);
        var descriptor = Libc.Open(
            path, Libc.OpenReadWrite | Libc.OpenCreate | Libc.OpenCloseOnExec | Libc.OpenNoFollow, Libc.OwnerReadWrite);
        if (descriptor < 0) throw StoreException.OfWriter(path, "opened", Marshal.GetLastPInvokeError());
        return new SlotTable(path, descriptor);
    }

    /// <summary>Opens the table of a store for reading only; null if the store has none, so nothing of ours ever ran there.</summary>
    public static SlotTable? OpenExisting(string directory) => OpenExisting(directory, Libc.OpenReadOnly, "read");

    /// <summary>Opens the table of a store to lock in it; creates it only if this process's user owns the store, else null.</summary>
    public static SlotTable? OpenOwn(string directory) =>
        Libc.TryGetStatus(System.IO.Path.Combine(directory, "."), out var status) && status.Owner == Libc.EffectiveUserId()
            ? Open(directory)
            : OpenExisting(directory, Libc.OpenReadWrite, "write to");

    private static SlotTable? OpenExisting(string directory, int access, string use)
    {
        var path = PathIn(directory);
        // One that became a FIFO since must not block.
        var descriptor = Libc.Open(path, access | Libc.OpenCloseOnExec | Libc.OpenNoFollow | Libc.OpenNonBlocking, 0);
        if (descriptor >= 0) return new SlotTable(path, descriptor);
        var error = Marshal.GetLastPInvokeError();
        return error is Libc.ErrorNoEntry or Libc.ErrorNotDirectory ? null : throw StoreException.OfReader(path, "opened", error, use);
    }

    /// <summary>The byte of the lock file whose POSIX lock gives the pid of a slot's holder.</summary>
    public static long PidByteOf(SlotKind kind, int number) => ((long)kind * SlotName.Limit) + number;

    /// <summary>The byte of the lock file that stays locked while the slot's holder is alive.</summary>
    public static long LifeByteOf(SlotKind kind, int number) => FirstLifeByte + PidByteOf(kind, number);

    /// <summary>Waits until no other process prepares the store, then locks it against preparation until this table is closed.</summary>
    public void BeginPreparation() => SetExclusive(SlotKind.Master, Libc.SetLockAndWait, Libc.WriteLock);

    /// <summary>Locks the store against preparation until <see cref="EndPreparation"/>; does not wait.</summary>
    /// <returns>False if another process prepares the store or folds its files.</returns>
    /// <remarks>The table owns this lock, not the process: closing another table of the process does not release it.</remarks>
    public bool TryBeginPreparation() => SetExclusive(SlotKind.Master, Libc.SetDescriptionLock, Libc.WriteLock);

    /// <summary>Waits until nobody prepares the store or folds its files, then keeps both off; readers may share this lock.</summary>
    public void HoldOffPreparation() => SetExclusive(SlotKind.Master, Libc.SetDescriptionLockAndWait, Libc.ReadLock);

    public void EndPreparation() => SetExclusive(SlotKind.Master, Libc.SetDescriptionLock, Libc.Unlocked);

    /// <summary>Takes the leader lock until this table is closed: the leader forwards the store and listens for control commands.</summary>
    /// <returns>False if another exporter is the leader.</returns>
    public bool TryTakeLeadership() => SetExclusive(SlotKind.Exporter, Libc.SetDescriptionLock, Libc.WriteLock);

    /// <summary>Takes the lowest free slot of a kind for this process, until it exits, and returns its number, from 1.</summary>
    /// <param name="isFull">
    /// Whether a free slot has no room for new series. Such slots are skipped, but at most eight, or as many as there are live
    /// slots if that is more, so that the store does not grow for ever.
    /// </param>
    public int TakeLowest(SlotKind kind, Func<int, bool>? isFull = null)
    {
        var skipped = 0;
        for (var number = 1; number < SlotName.Limit; number++)
        {
            if (IsHeld(kind, number)) continue;
            if (isFull?.Invoke(number) == true && skipped++ < Math.Max(MostSkipped, Held(kind).Count)) continue;
            if (TryTake(kind, number)) return number;
        }
        throw new StoreException($"{Path}: no free slot for a {kind} is left");
    }

    /// <summary>Takes one slot for this process, until it exits or this table is closed, if nobody holds it.</summary>
    public bool TryTake(SlotKind kind, int number)
    {
        if (LifeLock.TryTake(Path, LifeByteOf(kind, number)) is not { } life) return false;
        _taken.Add(life);
        // Only the holder of a life lock asks for this one.
        var pid = LockOf(PidByteOf(kind, number));
        _ = Libc.Control(_descriptor, Libc.SetLock, ref pid);
        return true;
    }

    /// <summary>The pid of a slot's holder in this process's PID namespace; 0 if it is unknown, null if the slot is free.</summary>
    /// <remarks>It is unknown across PID namespaces, and for this process: the kernel names other holders only.</remarks>
    public int? HolderOf(SlotKind kind, int number)
    {
        if (!IsHeld(kind, number)) return null;
        var pid = LockOf(PidByteOf(kind, number));
        return IsLocked(ref pid) ? Math.Max(pid.ProcessId, 0) : 0;
    }

    /// <summary>The holders of the slots of a kind, as <see cref="HolderOf"/> knows them.</summary>
    public IEnumerable<int> HoldersOf(SlotKind kind) => Held(kind).Select(number => HolderOf(kind, number)).OfType<int>();

    /// <summary>Whether a live master or worker uses the store.</summary>
    public bool IsInUse() => Held(SlotKind.Master).Count > 0 || Held(SlotKind.Worker).Count > 0;

    /// <summary>Whether a process holds a slot, this one included.</summary>
    public bool IsHeld(SlotKind kind, int number)
    {
        var life = LockOf(LifeByteOf(kind, number));
        return IsLocked(ref life);
    }

    /// <summary>The numbers of the slots of a kind that processes hold, ascending.</summary>
    /// <exception cref="StoreException">More bytes are locked than any server has slots.</exception>
    public IReadOnlyList<int> Held(SlotKind kind)
    {
        var held = new List<int>();
        // F_GETLK returns any lock that overlaps the range, so search both sides of each result.
        var parts = new Stack<(long Start, long End)>([(LifeByteOf(kind, 1), LifeByteOf(kind, SlotName.Limit))]);
        while (parts.TryPop(out var part))
        {
            var range = LockOf(part.Start, part.End - part.Start);
            if (part.Start >= part.End || !IsLocked(ref range)) continue;
            var first = Math.Max(range.Start, part.Start);
            var last = range.Length == 0 ? part.End : Math.Min(range.Start + range.Length, part.End);
            if (held.Count + last - first > MostHeld)
            {
                throw new StoreException($"{Path}: more than {MostHeld} slots of a kind are locked; end the process that locks them");
            }
            for (var offset = first; offset < last; offset++) held.Add((int)(offset - LifeByteOf(kind, 0)));
            parts.Push((part.Start, first));
            parts.Push((last, part.End));
        }
        held.Sort();
        return held;
    }

    /// <summary>Whether the lock file is still the one that was opened, and not that of a later store.</summary>
    public bool IsInPlace() =>
        Libc.TryGetStatus(_descriptor, out var opened) && Libc.TryGetStatus(Path, out var present) && opened.IsSameAs(present);

    public void Dispose()
    {
        if (_descriptor < 0) return;
        foreach (var life in _taken) life.Dispose();
        _ = Libc.Close(_descriptor);
        _descriptor = -1;
    }

    private static string PathIn(string directory)
    {
        var path = System.IO.Path.Combine(directory, SlotName.LockFile);
        return StoreFiles.IsIrregular(path)
            ? throw new StoreException($"{path} is not a regular file; remove it, then reload Gunicorn (SIGHUP)")
            : path;
    }

    private bool SetExclusive(SlotKind kind, int command, short type) =>
        ByteLock.Set(Path, _descriptor, command, type, LifeByteOf(kind, ExclusiveByte));

    private bool IsLocked(ref Libc.RecordLock recordLock) =>
        Libc.Control(_descriptor, Libc.GetLock, ref recordLock) == 0
            ? recordLock.Type != Libc.Unlocked
            : throw ByteLock.CannotLock(Path, Marshal.GetLastPInvokeError());

    private static Libc.RecordLock LockOf(long start, long length = 1) =>
        new() { Type = Libc.WriteLock, Start = start, Length = length };
}

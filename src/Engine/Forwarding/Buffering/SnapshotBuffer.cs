using GunicornPrometheusExporter.Directories;
using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.Forwarding.Buffering;

/// <summary>The unsent snapshots, oldest first, in memory or in an exclusive directory.</summary>
/// <remarks>
/// Used by one caller at a time. Beyond the maximum size the oldest are dropped, but never the newest. In a directory each
/// snapshot is a file, written before the first attempt and removed after arrival, so after a kill the next process sends it.
/// </remarks>
internal sealed class SnapshotBuffer : IDisposable
{
    private const string LockName = "lock";

    private readonly Queue<Entry> _entries = new();
    private readonly string? _directory;
    private readonly FileStream? _lock;
    private readonly long _maximumBytes;
    private long _bytes;

    /// <param name="directory">The directory, made if it is missing; null for memory.</param>
    /// <param name="maximumBytes">The maximum size of the unsent snapshots in bytes.</param>
    /// <exception cref="StoreException">The directory cannot be created, or is not private.</exception>
    internal SnapshotBuffer(string? directory, long maximumBytes)
    {
        _directory = directory;
        _maximumBytes = maximumBytes;
        if (directory is null) return;
        MultiprocessDirectory.Ensure(directory);
        var path = Path.Combine(directory, LockName);
        if (new FileInfo(path).LinkTarget is not null) File.Delete(path);
        _lock = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        // Whatever the umask is, the next exporter must be able to open the file.
        File.SetUnixFileMode(_lock.SafeFileHandle, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        foreach (var (time, file) in SnapshotFile.In(directory)) Enqueue(new(time, file.Length, null));
    }

    internal int Count => _entries.Count;

    /// <summary>The time of the oldest snapshot, in milliseconds since 1970; 0 if empty.</summary>
    internal long OldestTime => _entries.TryPeek(out var oldest) ? oldest.Time : 0;

    /// <summary>The time of the last added snapshot, in milliseconds since 1970.</summary>
    internal long NewestTime { get; private set; }

    /// <summary>Why the last write to the directory failed; null if it succeeded.</summary>
    internal string? Fault { get; private set; }

    /// <summary>Adds a snapshot, in memory if its file cannot be written. Returns how many older ones were dropped.</summary>
    internal int Add(BufferedSnapshot? snapshot)
    {
        if (snapshot is null) return 0;
        var isOnDisk = _directory is not null &&
            TryWrite(() => SnapshotFile.Write(SnapshotFile.PathOf(_directory, snapshot.Time), snapshot));
        Enqueue(new(snapshot.Time, SnapshotFile.LengthOf(snapshot), isOnDisk ? null : snapshot));
        var dropped = 0;
        for (; _bytes > _maximumBytes && _entries.Count > 1; dropped++) Remove();
        return dropped;
    }

    /// <summary>The oldest snapshot; null if its file is unreadable or truncated.</summary>
    internal BufferedSnapshot? Peek()
    {
        var oldest = _entries.Peek();
        return oldest.InMemory ?? SnapshotFile.Read(SnapshotFile.PathOf(_directory!, oldest.Time));
    }

    internal void Remove()
    {
        var oldest = _entries.Dequeue();
        _bytes -= oldest.Bytes;
        if (oldest.InMemory is null) TryWrite(() => File.Delete(SnapshotFile.PathOf(_directory!, oldest.Time)));
    }

    public void Dispose() => _lock?.Dispose();

    private bool TryWrite(Action write)
    {
        Fault = null;
        try
        {
            write();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            Fault = fault.Message;
        }
        return Fault is null;
    }

    private void Enqueue(Entry entry)
    {
        _entries.Enqueue(entry);
        _bytes += entry.Bytes;
        NewestTime = entry.Time;
    }

    /// <param name="Time">When the snapshot was taken, in milliseconds since 1970.</param>
    /// <param name="Bytes">The size that counts towards the maximum.</param>
    /// <param name="InMemory">The snapshot, unless it is on disk.</param>
    private readonly record struct Entry(long Time, long Bytes, BufferedSnapshot? InMemory);
}

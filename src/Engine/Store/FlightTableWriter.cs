using System.Globalization;
using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Store.Native;

namespace GunicornPrometheusExporter.Store;

/// <summary>Keeps the requests that a worker has in hand where they survive it: in a mapped file of its own.</summary>
/// <remarks>
/// Beginning and ending a request allocates nothing. Not thread-safe: one thread at a time, in a worker the one that
/// holds the interpreter's lock. Readers are other processes, at any time.
/// </remarks>
internal sealed unsafe partial class FlightTableWriter : IDisposable
{
    /// <summary>The token of a request that has no entry.</summary>
    public const int NoEntry = -1;

    private const int InitialEntries = 64;

    // With 16 bits of the generation a token has 30, one digit of CPython's: the smallest to make and to read.
    private const int IndexBits = 14;

    private readonly int* _nextFree;
    private readonly int _descriptor;
    private readonly string _path;
    private byte* _file;
    private int _allocated;
    private int _highWater;
    private int _firstFree = NoEntry;

    private FlightTableWriter(string path, int descriptor, byte* file, SlotStore store, Cell busy)
    {
        _path = path;
        _descriptor = descriptor;
        _file = file;
        _counters = store.FileOf(MetricType.Counter).Start;
        _histograms = store.FileOf(MetricType.Histogram).Start;
        _busy = busy;
        // SAFETY: both records lie in the mapped header.
        _last = (FlightRecord*)(file + FlightHeader.RecordsOffset);
        _next = _last + 1;
        _allocated = InitialEntries;
        // SAFETY: one link for each entry that the file can ever have; freed by Dispose.
        _nextFree = (int*)NativeMemory.Alloc(FlightFormat.MaximumEntries, sizeof(int));
    }

    /// <summary>How many requests are in hand.</summary>
    public int InFlight { get; private set; }

    /// <summary>Makes the file of a worker.</summary>
    /// <param name="store">The slot that it holds, in whose files lie the cells that it commits.</param>
    /// <param name="busy">The worker's busy seconds, which every commit brings up to date.</param>
    /// <exception cref="StoreException">The file cannot be made, locked, allocated or mapped.</exception>
    public static FlightTableWriter Create(SlotStore store, Cell busy)
    {
        ArgumentNullException.ThrowIfNull(store);
        var suffix = Random.Shared.Next().ToString("x8", CultureInfo.InvariantCulture);
        var name = $"{FlightFormat.Prefix}{SlotTable.NameOf(store.Kind, store.Number)}_{suffix}{FlightFormat.Extension}";
        var path = System.IO.Path.Combine(store.Directory, name);
        var descriptor = Libc.Open(
            path, Libc.OpenReadWrite | Libc.OpenCreate | Libc.OpenExclusive | Libc.OpenCloseOnExec | Libc.OpenNoFollow, 0x180);
        if (descriptor < 0) throw StoreException.OfWriter(path, "made", Marshal.GetLastPInvokeError());
        byte* file = null;
        try
        {
            var life = new Libc.RecordLock { Type = Libc.WriteLock, Length = 1 };
            if (Libc.Control(descriptor, Libc.SetLock, ref life) != 0)
            {
                throw StoreException.OfWriter(path, "locked", Marshal.GetLastPInvokeError());
            }
            var error = Libc.Allocate(descriptor, 0, SizeOf(InitialEntries));
            if (error != 0) throw StoreException.OfWriter(path, "allocated", error);
            // SAFETY: the range past the end of the file is reserved, not touched, until Grow allocates it.
            var start = (byte*)Libc.Map(
                null, FlightFormat.MaximumSize, Libc.ProtectRead | Libc.ProtectWrite, Libc.MapShared, descriptor, 0);
            if ((nint)start == -1) throw StoreException.OfWriter(path, "mapped", Marshal.GetLastPInvokeError());
            file = start;
            var writer = new FlightTableWriter(path, descriptor, file, store, busy);
            writer.Header.Pid = Environment.ProcessId;
            writer._last->BusyTotal = busy.Value;
            writer._last->LastChange = MonotonicClock.Seconds();
            Volatile.Write(ref writer.Header.Magic, FlightFormat.Magic);
            return writer;
        }
        catch
        {
            // SAFETY: mapped just now with this length, and nobody has it.
            if (file is not null) _ = Libc.Unmap(file, FlightFormat.MaximumSize);
            _ = Libc.Close(descriptor);
            // One without a header would look like a dead worker's.
            File.Delete(path);
            throw;
        }
    }

    /// <summary>Says how many requests the worker can have in hand, 0 if that is not known.</summary>
    public void SetCapacity(int requests) => Header.Capacity = requests;

    /// <summary>Says what memory the process had when it last looked, in bytes.</summary>
    public void SetMemory(double bytes) => Header.LastMemory = bytes;

    /// <summary>Takes an entry for a request, which is in hand with the next <see cref="Commit"/>.</summary>
    /// <param name="method">The method, in UTF-8; what is too long is cut.</param>
    /// <param name="path">The path, in UTF-8; what is too long is cut.</param>
    /// <param name="now">When it began, in seconds.</param>
    /// <returns>A token that stands for the request until it ends; -1 if no entry is left.</returns>
    public long Begin(ReadOnlySpan<byte> method, ReadOnlySpan<byte> path, double now)
    {
        var index = _firstFree;
        if (index != NoEntry) _firstFree = _nextFree[index];
        else if (_highWater < _allocated || Grow()) index = _highWater++;
        else return NoEntry;

        var entry = EntryAt(index);
        *(int*)(entry + FlightFormat.Status) = 0;
        *(double*)(entry + FlightFormat.Started) = now;
        *(double*)(entry + FlightFormat.Queue) = double.NaN;
        *(long*)(entry + FlightFormat.Length) = 0;
        *(entry + FlightFormat.TraceLength) = 0;
        *(entry + FlightFormat.SpanLength) = 0;
        *(ushort*)(entry + FlightFormat.RouteLength) = 0;
        *(entry + FlightFormat.MethodLength) = (byte)Copy(method, entry + FlightFormat.Method, FlightFormat.LongestMethod);
        *(ushort*)(entry + FlightFormat.PathLength) = (ushort)Copy(path, entry + FlightFormat.Path, FlightFormat.LongestPath);
        var generation = ++*(uint*)(entry + FlightFormat.Generation);
        // SAFETY: state is aligned; the release orders the entry's bytes before it.
        Volatile.Write(ref *(int*)(entry + FlightFormat.State), (int)FlightState.Running);
        InFlight++;
        return ((long)(ushort)generation << IndexBits) | (uint)index;
    }

    /// <summary>The request that a token stands for.</summary>
    /// <returns>False if it has ended.</returns>
    public bool TryFind(long token, out FlightEntry entry)
    {
        entry = default;
        var index = IndexOf(token);
        if (token < 0 || index >= _highWater) return false;
        var start = EntryAt(index);
        if (*(int*)(start + FlightFormat.State) == (int)FlightState.Free) return false;
        if ((ushort)*(uint*)(start + FlightFormat.Generation) != token >> IndexBits) return false;
        entry = new FlightEntry(start);
        return true;
    }

    /// <summary>Closes the file; one without a request in flight is removed, for it has nothing to tell.</summary>
    public void Dispose()
    {
        if (_file is null) return;
        if (InFlight == 0 && Header.BusyTold <= _last->BusyTotal) File.Delete(_path);
        // SAFETY: mapped and allocated once by this writer.
        _ = Libc.Unmap(_file, FlightFormat.MaximumSize);
        _file = null;
        NativeMemory.Free(_nextFree);
        _ = Libc.Close(_descriptor);
    }

    private bool Grow()
    {
        if (_allocated >= FlightFormat.MaximumEntries) return false;
        var entries = Math.Min(2 * _allocated, FlightFormat.MaximumEntries);
        var start = SizeOf(_allocated);
        if (Libc.Allocate(_descriptor, start, SizeOf(entries) - start) != 0) return false;
        _allocated = entries;
        return true;
    }

    private static int IndexOf(long token) => (int)(token & ((1 << IndexBits) - 1));

    private static int SizeOf(int entries) => FlightHeader.Size + (entries * FlightFormat.EntrySize);

    // SAFETY: index is below _allocated, whose entries are allocated inside the mapping.
    private byte* EntryAt(int index) => _file + SizeOf(index);

    // SAFETY: the header is allocated and mapped, its fields are aligned.
    private ref FlightHeader Header => ref *(FlightHeader*)_file;

    private static int Copy(ReadOnlySpan<byte> text, byte* destination, int longest)
    {
        var length = Math.Min(text.Length, longest);
        // SAFETY: the field behind destination has longest bytes.
        text[..length].CopyTo(new Span<byte>(destination, longest));
        return length;
    }
}

using System.Globalization;
using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Slots;

namespace GunicornPrometheusExporter.Flights;

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
    private readonly GrowingFile _mapping;
    private readonly LifeLock _life;
    private readonly string _path;
    private byte* _file;
    private int _allocated;
    private int _highWater;
    private int _firstFree = NoEntry;

    private FlightTableWriter(
        string path, GrowingFile mapping, LifeLock life, StoreFileWriter counters, StoreFileWriter histograms, Cell busy)
    {
        _path = path;
        _mapping = mapping;
        _life = life;
        _file = mapping.Start;
        _counters = counters.Start;
        _histograms = histograms.Start;
        _busy = busy;
        // SAFETY: both records lie in the mapped header.
        _last = (ChangeRecord*)(_file + FlightHeader.RecordsOffset);
        _next = _last + 1;
        _allocated = EntriesIn(mapping.Size);
        // SAFETY: one link for each entry that the file can ever have; freed by Dispose.
        _nextFree = (int*)NativeMemory.Alloc(FlightFormat.MaximumEntries, sizeof(int));
    }

    /// <summary>How many requests are in hand.</summary>
    public int InFlight { get; private set; }

    /// <summary>Makes the file of a worker.</summary>
    /// <param name="directory">The store.</param>
    /// <param name="slot">The name of the slot that this process holds.</param>
    /// <param name="counters">The slot's counters.</param>
    /// <param name="histograms">The slot's histograms.</param>
    /// <param name="busy">The worker's busy seconds, which every commit brings up to date.</param>
    /// <exception cref="StoreException">The file cannot be made, locked, allocated or mapped.</exception>
    public static FlightTableWriter Create(
        string directory, string slot, StoreFileWriter counters, StoreFileWriter histograms, Cell busy)
    {
        var suffix = Random.Shared.Next().ToString("x8", CultureInfo.InvariantCulture);
        var name = $"{FlightFormat.Prefix}{slot}_{suffix}{FlightFormat.Extension}";
        var path = System.IO.Path.Combine(directory, name);
        GrowingFile? mapping = null;
        LifeLock? life = null;
        try
        {
            mapping = GrowingFile.Open(path, SizeOf(InitialEntries), FlightFormat.MaximumSize, mustBeNew: true);
            life = LifeLock.TryTake(path, 0) ?? throw new StoreException($"{path}: another process locked it; remove the store");
            var writer = new FlightTableWriter(path, mapping, life, counters, histograms, busy);
            writer.Header.Pid = Environment.ProcessId;
            writer._last->BusyTotal = busy.Value;
            writer._last->LastChange = MonotonicClock.Seconds();
            Volatile.Write(ref writer.Header.Magic, FlightFormat.Magic);
            return writer;
        }
        catch
        {
            life?.Dispose();
            mapping?.Dispose();
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

        ref var record = ref RecordAt(index);
        record.Status = 0;
        record.Started = now;
        record.Queue = double.NaN;
        record.Length = 0;
        record.TraceLength = 0;
        record.SpanLength = 0;
        record.RouteLength = 0;
        record.MethodLength = (byte)FlightRecord.Copy(method, record.Method);
        record.PathLength = (ushort)FlightRecord.Copy(path, record.Path);
        var generation = ++record.Generation;
        // Readers see the rest of the record once they see the state.
        Volatile.WriteBarrier();
        record.State = FlightState.Running;
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
        ref var record = ref RecordAt(index);
        if (record.State == FlightState.Free || (ushort)record.Generation != token >> IndexBits) return false;
        entry = new FlightEntry(ref record);
        return true;
    }

    /// <summary>Closes the file; one without a request in flight is removed, for it has nothing to tell.</summary>
    public void Dispose()
    {
        if (_file is null) return;
        if (InFlight == 0 && Header.ReportedBusy <= _last->BusyTotal) File.Delete(_path);
        _file = null;
        NativeMemory.Free(_nextFree);
        _life.Dispose();
        _mapping.Dispose();
    }

    private bool Grow()
    {
        if (_allocated >= FlightFormat.MaximumEntries || !_mapping.TryGrow(SizeOf(_allocated + 1))) return false;
        _allocated = EntriesIn(_mapping.Size);
        return true;
    }

    private static int EntriesIn(int size) => (size - FlightHeader.Size) / FlightRecord.Size;

    private static int IndexOf(long token) => (int)(token & ((1 << IndexBits) - 1));

    private static int SizeOf(int entries) => FlightHeader.Size + (entries * FlightRecord.Size);

    // SAFETY: index is below _allocated, whose records are allocated inside the mapping.
    private ref FlightRecord RecordAt(int index) => ref *(FlightRecord*)(_file + SizeOf(index));

    // SAFETY: the header is allocated and mapped, its fields are aligned.
    private ref FlightHeader Header => ref *(FlightHeader*)_file;
}

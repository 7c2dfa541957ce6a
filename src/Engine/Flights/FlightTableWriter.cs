using System.Globalization;
using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Slots;

namespace GunicornPrometheusExporter.Flights;

/// <summary>Keeps a worker's requests in flight in a mapped file, so that they survive its death.</summary>
/// <remarks>
/// Beginning and finishing a request allocates nothing. Not thread-safe: one thread at a time, in a worker the one that
/// holds the GIL. Other processes read at any time.
/// </remarks>
internal sealed unsafe partial class FlightTableWriter : IDisposable
{
    /// <summary>The token of a request that has no entry.</summary>
    public const int NoEntry = -1;

    /// <summary>In place of a method: a task of a dirty worker that timed out, is counted, and still runs.</summary>
    public const string Overdue = "overdue";

    private const int InitialEntries = 64;

    // With 16 bits of the generation a token has 30 bits: one digit of a CPython int, the cheapest to create and read.
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

    public int InFlight { get; private set; }

    /// <summary>Creates the file of a worker.</summary>
    /// <param name="slot">The name of the slot that this process holds.</param>
    /// <param name="busy">The worker's busy seconds, which every commit updates.</param>
    /// <exception cref="StoreException">The file cannot be created, locked, allocated or mapped.</exception>
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
            // A file without a header would look like a dead worker's.
            File.Delete(path);
            throw;
        }
    }

    /// <summary>Sets the most requests that the worker handles at once; 0 if unknown.</summary>
    public void SetCapacity(int requests) => Header.Capacity = requests;

    /// <summary>Sets the signal whose handler writes a stack; 0 if there is none any more.</summary>
    public void SetStackSignal(int signal) => Volatile.Write(ref Header.StackSignal, signal);

    /// <summary>Sets Gunicorn's setting <c>timeout</c>, in seconds; 0 if it is off.</summary>
    public void SetTimeout(double seconds) => Header.Timeout = seconds;

    /// <summary>Sets the resident set, in bytes.</summary>
    public void SetMemory(double bytes) => Header.LastMemory = bytes;

    /// <summary>Sets since when the worker's event loop is busy, in seconds of the monotonic clock; 0 while it waits.</summary>
    public void SetLoopSince(double time) => Volatile.Write(ref Header.LoopSince, time);

    /// <summary>Sets the loop's busy seconds, after its counter and <see cref="SetLoopSince"/>.</summary>
    public void SetLoopTotal(double seconds) => Volatile.Write(ref Header.LoopTotal, seconds);

    /// <summary>Sets when the timer of an event loop is due whose polls are not known.</summary>
    public void SetLoopDue(double time) => Volatile.Write(ref Header.LoopDue, time);

    /// <summary>Finds the only request in flight; -1 if there are others or none.</summary>
    public long FindOnly()
    {
        if (InFlight != 1) return NoEntry;
        for (var index = 0; index < _highWater; index++)
        {
            ref var record = ref RecordAt(index);
            if (record.State != FlightState.Free) return TokenOf(index, record.Generation);
        }
        return NoEntry;
    }

    /// <summary>Takes an entry for a request, which is in flight from the next <see cref="Commit"/> on.</summary>
    /// <param name="method">In UTF-8; truncated if too long.</param>
    /// <param name="path">In UTF-8; truncated if too long.</param>
    /// <param name="now">The time, in seconds of the monotonic clock.</param>
    /// <returns>A token of the request, valid until it finishes; -1 if no entry is left.</returns>
    public long Begin(ReadOnlySpan<byte> method, ReadOnlySpan<byte> path, double now)
    {
        var index = _firstFree;
        if (index != NoEntry) _firstFree = _nextFree[index];
        else if (_highWater < _allocated || Grow()) index = _highWater++;
        else return NoEntry;

        ref var record = ref RecordAt(index);
        record.Status = 0;
        record.Started = now;
        record.Thread = CurrentThread.Id;
        record.Queue = float.NaN;
        record.Labels = 0;
        record.Length = 0;
        record.TraceLength = 0;
        record.SpanLength = 0;
        record.RouteLength = 0;
        record.Marks = 0;
        record.MethodLength = (byte)FlightRecord.Copy(method, record.Method);
        record.PathLength = (ushort)FlightRecord.Copy(path, record.Path);
        var generation = ++record.Generation;
        // Readers see the rest of the record once they see the state.
        Volatile.WriteBarrier();
        record.State = FlightState.Running;
        InFlight++;
        return TokenOf(index, generation);
    }

    /// <summary>Finds the request of a token; false if it has finished.</summary>
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

    /// <summary>Closes the file, and removes it if it has nothing to report.</summary>
    public void Dispose()
    {
        if (_file is null) return;
        var hasReportedMore = Header.ReportedBusy > _last->BusyTotal || Header.ReportedLoop > Header.LoopTotal;
        if (InFlight == 0 && !hasReportedMore) File.Delete(_path);
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

    private static long TokenOf(int index, uint generation) => ((long)(ushort)generation << IndexBits) | (uint)index;

    private static int IndexOf(long token) => (int)(token & ((1 << IndexBits) - 1));

    private static int SizeOf(int entries) => FlightHeader.Size + (entries * FlightRecord.Size);

    // SAFETY: index is below _allocated, and those records are allocated inside the mapping.
    private ref FlightRecord RecordAt(int index) => ref *(FlightRecord*)(_file + SizeOf(index));

    // SAFETY: the header is allocated and mapped, and its fields are aligned.
    private ref FlightHeader Header => ref *(FlightHeader*)_file;
}

using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Store.Native;

namespace GunicornPrometheusExporter.Store;

/// <summary>Keeps the requests that a worker has in hand where they survive it: in a mapped file of its own.</summary>
/// <remarks>
/// Beginning and ending a request allocates nothing. Not thread-safe: one thread at a time, in a worker the one that
/// holds the interpreter's lock. The reader is another process, at any time.
/// </remarks>
public sealed unsafe class FlightTableWriter : IDisposable
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

    private FlightTableWriter(string path, int descriptor, byte* file)
    {
        _path = path;
        _descriptor = descriptor;
        _file = file;
        _allocated = InitialEntries;
        // SAFETY: one link for each entry that the file can ever have; freed by Dispose.
        _nextFree = (int*)NativeMemory.Alloc(FlightFormat.MaximumEntries, sizeof(int));
    }

    /// <summary>How many requests are in hand.</summary>
    public int InFlight { get; private set; }

    /// <summary>Makes the file of this process.</summary>
    /// <param name="directory">The store.</param>
    /// <param name="slot">The name of the slot that this process holds.</param>
    /// <exception cref="StoreException">The file cannot be made, locked, allocated or mapped.</exception>
    public static FlightTableWriter Create(string directory, string slot)
    {
        var suffix = Random.Shared.Next().ToString("x8", CultureInfo.InvariantCulture);
        var path = System.IO.Path.Combine(directory, $"{FlightFormat.Prefix}{slot}_{suffix}{FlightFormat.Extension}");
        var descriptor = Libc.Open(
            path, Libc.OpenReadWrite | Libc.OpenCreate | Libc.OpenExclusive | Libc.OpenCloseOnExec | Libc.OpenNoFollow, 0x180);
        if (descriptor < 0) throw Failure(path, "made", Marshal.GetLastPInvokeError());
        try
        {
            var life = new Libc.RecordLock { Type = Libc.WriteLock, Length = 1 };
            if (Libc.Control(descriptor, Libc.SetLock, ref life) != 0) throw Failure(path, "locked", Marshal.GetLastPInvokeError());
            var error = Libc.Allocate(descriptor, 0, SizeOf(InitialEntries));
            if (error != 0) throw Failure(path, "allocated", error);
            // SAFETY: the range past the end of the file is reserved, not touched, until Grow allocates it.
            var file = (byte*)Libc.Map(
                null, FlightFormat.MaximumSize, Libc.ProtectRead | Libc.ProtectWrite, Libc.MapShared, descriptor, 0);
            if ((nint)file == -1) throw Failure(path, "mapped", Marshal.GetLastPInvokeError());
            var writer = new FlightTableWriter(path, descriptor, file);
            writer.HeaderInt(FlightFormat.Pid) = Environment.ProcessId;
            Volatile.Write(ref writer.Header<ulong>(0), FlightFormat.Magic);
            return writer;
        }
        catch
        {
            _ = Libc.Close(descriptor);
            throw;
        }
    }

    /// <summary>Says how many requests the worker can have in hand, 0 if that is not known.</summary>
    public void SetCapacity(int requests) => HeaderInt(FlightFormat.Capacity) = requests;

    /// <summary>Says what memory the process had when it last looked, in bytes.</summary>
    public void SetMemory(double bytes) => Header<double>(FlightFormat.LastMemory) = bytes;

    /// <summary>Takes an entry for a request.</summary>
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
        var index = (int)(token & ((1 << IndexBits) - 1));
        if (token < 0 || index >= _highWater) return false;
        var start = EntryAt(index);
        if (*(int*)(start + FlightFormat.State) == (int)FlightState.Free) return false;
        if ((ushort)*(uint*)(start + FlightFormat.Generation) != token >> IndexBits) return false;
        entry = new FlightEntry(start);
        return true;
    }

    /// <summary>Gives the entry of a request back. Its bytes stay until another request takes it.</summary>
    /// <param name="token">A token for which <see cref="TryFind"/> just found an entry.</param>
    public void End(long token)
    {
        var index = (int)(token & ((1 << IndexBits) - 1));
        // SAFETY: TryFind proved that the token's entry lies inside the allocated part of the mapping.
        Volatile.Write(ref *(int*)(EntryAt(index) + FlightFormat.State), (int)FlightState.Free);
        _nextFree[index] = _firstFree;
        _firstFree = index;
        InFlight--;
    }

    /// <summary>Publishes how busy the worker is, in one step for every reader.</summary>
    /// <param name="busyTotal">Requests in flight integrated over time until <paramref name="now"/>, in seconds.</param>
    /// <param name="now">The time of the change, in seconds.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Publish(double busyTotal, double now)
    {
        ref var sequence = ref HeaderInt(FlightFormat.Sequence);
        sequence++;
        Volatile.WriteBarrier();
        HeaderInt(FlightFormat.InFlight) = InFlight;
        Header<double>(FlightFormat.BusyTotal) = busyTotal;
        Header<double>(FlightFormat.LastChange) = now;
        Volatile.Write(ref sequence, sequence + 1);
    }

    /// <summary>Closes the file; one without a request in flight is removed, for it has nothing to tell.</summary>
    public void Dispose()
    {
        if (_file is null) return;
        if (InFlight == 0) File.Delete(_path);
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

    private static int SizeOf(int entries) => FlightFormat.HeaderSize + (entries * FlightFormat.EntrySize);

    // SAFETY: index is below _allocated, whose entries are allocated inside the mapping.
    private byte* EntryAt(int index) => _file + SizeOf(index);

    // SAFETY: the header is allocated and mapped, its fields are aligned.
    private ref int HeaderInt(int offset) => ref *(int*)(_file + offset);

    // SAFETY: as HeaderInt.
    private ref T Header<T>(int offset) where T : unmanaged => ref *(T*)(_file + offset);

    private static int Copy(ReadOnlySpan<byte> text, byte* destination, int longest)
    {
        var length = Math.Min(text.Length, longest);
        // SAFETY: the field behind destination has longest bytes.
        text[..length].CopyTo(new Span<byte>(destination, longest));
        return length;
    }

    private static StoreException Failure(string path, string verb, int error) => new(
        $"{path} cannot be {verb} ({Marshal.GetPInvokeErrorMessage(error)}); " +
        "the worker's user must own PROMETHEUS_MULTIPROC_DIR and the disk must have room");
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace GunicornPrometheusExporter.Files;

/// <summary>Reads doubles of a mapping as foreign code does, so that the managed handler of SIGBUS can run in the middle.</summary>
/// <remarks>
/// While a thread is in foreign code, the runtime neither stops it for a collection nor looks at its registers, and lets it enter
/// managed code. What is called as foreign code here is a managed method that keeps to that: it touches no object and calls nothing.
/// docs/decisions/0003 has the reasons.
/// </remarks>
internal static unsafe class ForeignGather
{
    // How many values ahead the processor is asked for, as many as it loads at a time.
    private const int Ahead = 32;

    // SAFETY: on 64-bit Linux, managed static methods take pointers and integers as C functions do.
    private static readonly delegate* unmanaged<byte*, int*, nint, double*, void> Foreign = AsForeign(&Gather);

    /// <summary>Reads the doubles at <paramref name="count"/> offsets from an address.</summary>
    public static void Call(byte* start, int* offsets, nint count, double* values) => Foreign(start, offsets, count, values);

    private static delegate* unmanaged<byte*, int*, nint, double*, void> AsForeign(delegate*<byte*, int*, nint, double*, void> managed)
    {
        // The first call compiles it, which foreign code cannot.
        managed(null, null, 0, null);
        return (delegate* unmanaged<byte*, int*, nint, double*, void>)managed;
    }

    // Compiled once and never replaced.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Gather(byte* start, int* offsets, nint count, double* values)
    {
        for (nint i = 0; i < count; i++)
        {
            // Raises no signal, whatever the address.
            if (Sse.IsSupported && i + Ahead < count) Sse.Prefetch0(start + offsets[i + Ahead]);
            values[i] = *(double*)(start + offsets[i]);
        }
    }
}

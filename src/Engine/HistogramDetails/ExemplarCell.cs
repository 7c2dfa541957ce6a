using System.Runtime.CompilerServices;
using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.HistogramDetails;

/// <summary>The exemplar of one bucket in a mapped file.</summary>
/// <remarks>Valid as long as the <see cref="ExemplarWriter"/> it came from. One writer, as of a <see cref="Cell"/>.</remarks>
internal readonly unsafe struct ExemplarCell
{
    private readonly byte* _entry;

    // SAFETY: only ExemplarWriter makes these, of a whole entry inside its mapping, which never moves.
    internal ExemplarCell(byte* entry) => _entry = entry;

    public bool IsNone => _entry is null;

    /// <summary>Replaces the exemplar, in one step for every reader; ignores identifiers of another length.</summary>
    /// <param name="time">In seconds since the epoch.</param>
    /// <param name="trace">The trace id, 32 characters.</param>
    /// <param name="span">The span id, 16 characters.</param>
    public void Set(double value, double time, ReadOnlySpan<byte> trace, ReadOnlySpan<byte> span)
    {
        if (_entry is null || trace.Length != ExemplarFormat.TraceLength || span.Length != ExemplarFormat.SpanLength) return;
        // SAFETY: every field lies inside the entry's 72 bytes, and the numbers are aligned.
        ref var sequence = ref *(uint*)(_entry + ExemplarFormat.Sequence);
        sequence++;
        Volatile.WriteBarrier();
        *(double*)(_entry + ExemplarFormat.Value) = value;
        *(double*)(_entry + ExemplarFormat.Time) = time;
        Unsafe.CopyBlockUnaligned(ref _entry[ExemplarFormat.Trace], in trace[0], ExemplarFormat.TraceLength);
        Unsafe.CopyBlockUnaligned(ref _entry[ExemplarFormat.Span], in span[0], ExemplarFormat.SpanLength);
        Volatile.Write(ref sequence, sequence + 1);
    }
}

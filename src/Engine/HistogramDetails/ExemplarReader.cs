using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.HistogramDetails;

/// <summary>Reads the exemplars of slots while their holders may replace them. Not thread-safe.</summary>
internal sealed class ExemplarReader
{
    private readonly SideFileReader _first = new();
    private readonly SideFileReader _second = new();

    /// <summary>Visits every consistent exemplar of a file; a missing file has none.</summary>
    /// <param name="created">When the histogram file was created; exemplars of another histogram file are skipped.</param>
    /// <exception cref="CorruptFileException">It is not an exemplar file.</exception>
    /// <exception cref="StoreException">It cannot be read.</exception>
    public void Read(string path, uint created, ExemplarVisitor visit)
    {
        var content = _first.Read(path, ExemplarFormat.MaximumSize);
        if (content.Length < ExemplarFormat.HeaderSize) return;
        if (MemoryMarshal.Read<uint>(content[ExemplarFormat.Created..]) != created) return;
        if (MemoryMarshal.Read<ulong>(content) != ExemplarFormat.Magic)
        {
            throw new CorruptFileException(path, "it has no exemplar file header");
        }
        // An entry that is equal in two reads did not change in between.
        var again = _second.Read(path, ExemplarFormat.MaximumSize);
        var end = Math.Min(content.Length, again.Length) - ExemplarFormat.EntrySize;
        for (var offset = ExemplarFormat.HeaderSize; offset <= end; offset += ExemplarFormat.EntrySize)
        {
            var entry = content.Slice(offset, ExemplarFormat.EntrySize);
            var bucket = MemoryMarshal.Read<int>(entry[ExemplarFormat.Offset..]);
            if (bucket == 0) return;
            if (!entry.SequenceEqual(again.Slice(offset, entry.Length))) continue;
            var exemplar = new Exemplar(
                MemoryMarshal.Read<double>(entry[ExemplarFormat.Value..]),
                MemoryMarshal.Read<double>(entry[ExemplarFormat.Time..]),
                MemoryMarshal.Read<TraceContext>(entry[ExemplarFormat.Trace..]));
            if (MemoryMarshal.Read<uint>(entry) % 2 == 0 && IsValid(exemplar)) visit(bucket, exemplar);
        }
    }

    private static bool IsValid(in Exemplar exemplar) =>
        double.IsFinite(exemplar.Value) && exemplar.Time > 0 && double.IsFinite(exemplar.Time)
        && !exemplar.Context.Trace.ContainsAnyExcept(TraceContext.Digits) && !exemplar.Context.Span.ContainsAnyExcept(TraceContext.Digits);
}

/// <summary>An observation that a bucket counted, with its trace.</summary>
/// <param name="Time">In seconds since the epoch.</param>
internal readonly record struct Exemplar(double Value, double Time, TraceContext Context);

/// <summary>Receives an exemplar; <paramref name="bucket"/> is the offset of its bucket in the histogram file.</summary>
internal delegate void ExemplarVisitor(int bucket, in Exemplar exemplar);

using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.HistogramDetails;

/// <summary>Reads the native histograms of slots while their holders may add to them. Not thread-safe.</summary>
internal sealed class NativeHistogramReader
{
    private readonly SideFileReader _file = new();

    /// <summary>Visits every native histogram of a file; a missing file has none.</summary>
    /// <param name="created">When the histogram file was created; entries of another histogram file are skipped.</param>
    /// <exception cref="CorruptFileException">It is not a native histogram file.</exception>
    /// <exception cref="StoreException">It cannot be read.</exception>
    public void Read(string path, uint created, NativeVisitor visit)
    {
        var content = _file.Read(path, NativeHistogramFormat.MaximumSize);
        if (content.Length < NativeHistogramFormat.HeaderSize) return;
        if (MemoryMarshal.Read<uint>(content[NativeHistogramFormat.Created..]) != created) return;
        var schema = MemoryMarshal.Read<int>(content[NativeHistogramFormat.Schema..]);
        var used = MemoryMarshal.Read<int>(content[NativeHistogramFormat.Used..]);
        if (MemoryMarshal.Read<ulong>(content) != NativeHistogramFormat.Magic
            || schema is < NativeHistogramFormat.LowestSchema or > NativeHistogramFormat.HighestSchema
            || used < NativeHistogramFormat.HeaderSize || used > content.Length)
        {
            throw new CorruptFileException(path, "it has no native histogram file header");
        }
        var size = NativeHistogramFormat.EntrySize(schema);
        for (var offset = NativeHistogramFormat.HeaderSize; offset <= used - size; offset += size)
        {
            var entry = content.Slice(offset, size);
            visit(
                MemoryMarshal.Read<int>(entry[NativeHistogramFormat.Offset..]), schema,
                MemoryMarshal.Read<ulong>(entry[NativeHistogramFormat.ZeroCount..]),
                MemoryMarshal.Cast<byte, ulong>(entry[NativeHistogramFormat.Buckets..]));
        }
    }
}

/// <summary>Receives a native histogram.</summary>
/// <param name="sum">The offset of its sum in the histogram file.</param>
/// <param name="zeroCount">The number of observations that count as zero.</param>
/// <param name="buckets">The count of each bucket of the schema; valid during the call.</param>
internal delegate void NativeVisitor(int sum, int schema, ulong zeroCount, ReadOnlySpan<ulong> buckets);

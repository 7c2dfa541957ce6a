using System.Buffers;
using System.IO.Compression;
using System.IO.Hashing;
using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Forwarding.Redis;

/// <summary>Encodes snapshots: layouts and values separately, because a steady store sends only values.</summary>
/// <remarks>
/// <code>
/// encoded  [version: 1 byte][length of the content: varint][content, Brotli]
/// layout   see LayoutFormat
/// values   [a varint per sample: 0, or 1 + the zigzagged difference to the whole number before][a double for each 0]
/// </code>
/// Differences are short because cumulative buckets and neighbouring series have similar values. Fractions, -0 and NaN are
/// stored bit by bit.
/// </remarks>
internal static class SnapshotCodec
{
    /// <summary>The version of the format: the first byte of the encoded form.</summary>
    public const byte Version = 1;

    /// <summary>The maximum number of samples that a reader accepts in a layout.</summary>
    public const int MaximumSamples = 1 << 20;

    private const int LargestLayout = 64 << 20;
    private const int LargestRatio = 1024;
    private const int BytesOfSample = 9;
    private const double LargestWhole = 1L << 53;
    private const int Quality = 1;
    private const int Window = 22;

    /// <exception cref="ForwardingException">The layout is larger than a reader accepts.</exception>
    public static EncodedLayout EncodeLayout(SnapshotLayout layout)
    {
        if (layout.SampleCount > MaximumSamples) throw TooLarge($"{layout.SampleCount} samples", $"{MaximumSamples}");
        var content = new ArrayBufferWriter<byte>();
        LayoutFormat.Write(layout, content);
        if (content.WrittenCount > LargestLayout) throw TooLarge($"names and labels of {content.WrittenCount} bytes", $"{LargestLayout}");
        return new(IdOf(content.WrittenSpan), Compress(content.WrittenSpan));
    }

    /// <param name="bytes">The untrusted bytes.</param>
    /// <param name="id">The id that the layout must have.</param>
    /// <param name="shared">What it shares with other layouts; null for nothing.</param>
    /// <exception cref="SnapshotFormatException">They are not the layout of this id.</exception>
    public static SnapshotLayout DecodeLayout(ReadOnlySpan<byte> bytes, string id, SharedSamples? shared = null)
    {
        var content = Decompress(bytes, Math.Min(LargestLayout, (long)LargestRatio * bytes.Length), out var length);
        try
        {
            if (IdOf(content.AsSpan(0, length)) != id) throw new SnapshotFormatException("its content has another id");
            return LayoutFormat.Read(content.AsSpan(0, length), shared ?? new());
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(content);
        }
    }

    public static byte[] EncodeValues(ReadOnlySpan<double> values)
    {
        var content = new ArrayBufferWriter<byte>(Math.Max(1, BytesOfSample * values.Length));
        var output = new SnapshotWriter(content);
        var before = 0L;
        foreach (var value in values)
        {
            if (!IsWhole(value)) output.WriteVarint(0);
            else
            {
                var difference = (long)value - before;
                output.WriteVarint(1 + (ulong)((difference << 1) ^ (difference >> 63)));
                before = (long)value;
            }
        }
        foreach (var value in values)
        {
            if (!IsWhole(value)) output.WriteDouble(value);
        }
        return Compress(content.WrittenSpan);
    }

    /// <param name="bytes">The untrusted bytes.</param>
    /// <param name="values">The destination, with one value per sample of the layout. Undefined after an exception.</param>
    /// <exception cref="SnapshotFormatException">They are not that many values.</exception>
    public static void DecodeValues(ReadOnlySpan<byte> bytes, Span<double> values)
    {
        var content = Decompress(bytes, (long)BytesOfSample * values.Length, out var length);
        try
        {
            var input = new SnapshotReader(content.AsSpan(0, length));
            var before = 0L;
            foreach (ref var value in values)
            {
                var code = input.ReadVarint();
                if (code == 0)
                {
                    value = double.NaN;
                    continue;
                }
                var zigzag = code - 1;
                before += (long)(zigzag >> 1) ^ -(long)(zigzag & 1);
                value = before;
            }
            foreach (ref var value in values)
            {
                if (double.IsNaN(value)) value = input.ReadDouble();
            }
            input.End();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(content);
        }
    }

    private static ForwardingException TooLarge(string what, string maximum) =>
        new($"The store has {what}, but the limit of a snapshot is {maximum}; lower GUNICORN_EXPORTER_MAX_SERIES.");

    /// <summary>Whether an integer represents the number without loss; false for -0.</summary>
    private static bool IsWhole(double value) =>
        Math.Abs(value) <= LargestWhole && BitConverter.DoubleToUInt64Bits((long)value) == BitConverter.DoubleToUInt64Bits(value);

    private static string IdOf(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(XxHash128.Hash(content));

    internal static byte[] Compress(ReadOnlySpan<byte> content)
    {
        var encoded = new ArrayBufferWriter<byte>();
        var output = new SnapshotWriter(encoded);
        output.WriteVarint(Version);
        output.WriteCount(content.Length);
        var room = encoded.GetSpan(BrotliEncoder.GetMaxCompressedLength(content.Length));
        // Cannot fail: the buffer has the maximum compressed size.
        _ = BrotliEncoder.TryCompress(content, room, out var written, Quality, Window);
        encoded.Advance(written);
        return encoded.WrittenSpan.ToArray();
    }

    /// <returns>A rented array.</returns>
    /// <exception cref="SnapshotFormatException">They are not that, or larger than <paramref name="maximum"/>.</exception>
    internal static byte[] Decompress(ReadOnlySpan<byte> bytes, long maximum, out int length)
    {
        var input = new SnapshotReader(bytes);
        var version = input.ReadVarint();
        if (version != Version) throw new SnapshotFormatException($"its version is {version}, not {Version}");
        var stated = input.ReadVarint();
        if (stated > (ulong)maximum) throw new SnapshotFormatException($"it claims {stated} bytes, but the maximum is {maximum}");
        length = (int)stated;
        var content = ArrayPool<byte>.Shared.Rent(length);
        if (BrotliDecoder.TryDecompress(input.Rest, content.AsSpan(0, length), out var written) && written == length) return content;
        ArrayPool<byte>.Shared.Return(content);
        throw new SnapshotFormatException("it cannot be decompressed");
    }
}

/// <summary>An encoded layout.</summary>
/// <param name="Id">The hash of the content, 32 hexadecimal digits; equal for hosts with the same series.</param>
/// <param name="Bytes">The input of <see cref="SnapshotCodec.DecodeLayout"/>.</param>
internal sealed record EncodedLayout(string Id, byte[] Bytes);

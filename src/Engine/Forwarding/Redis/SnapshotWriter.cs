using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace GunicornPrometheusExporter.Forwarding.Redis;

/// <summary>Writes the primitives of encoded snapshots; <see cref="SnapshotReader"/> reads them.</summary>
internal readonly ref struct SnapshotWriter(ArrayBufferWriter<byte> output)
{
    private const int LongestVarint = 10;

    /// <summary>Writes a number in groups of seven bits, the lowest first.</summary>
    public void WriteVarint(ulong value)
    {
        var destination = output.GetSpan(LongestVarint);
        var written = 0;
        for (; value >= 0x80; value >>= 7) destination[written++] = (byte)(value | 0x80);
        destination[written++] = (byte)value;
        output.Advance(written);
    }

    public void WriteCount(int count) => WriteVarint((ulong)count);

    public void WriteDouble(double value)
    {
        BinaryPrimitives.WriteDoubleLittleEndian(output.GetSpan(sizeof(double)), value);
        output.Advance(sizeof(double));
    }

    /// <summary>Writes the length in bytes, then UTF-8.</summary>
    public void WriteString(string text)
    {
        WriteCount(Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, output);
    }
}

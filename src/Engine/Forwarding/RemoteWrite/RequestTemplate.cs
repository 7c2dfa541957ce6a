using System.Buffers;
using System.Buffers.Binary;
using Google.Protobuf;
using GunicornPrometheusExporter.Snapshots;
using Snappier;
using V2 = GunicornPrometheusExporter.Forwarding.RemoteWrite.Messages.V2;

namespace GunicornPrometheusExporter.Forwarding.RemoteWrite;

/// <summary>A request with names and labels encoded once; each snapshot fills in values and times.</summary>
/// <remarks>
/// The message of each series ends in its one sample, whose encoding is the same in both versions, except that one of version
/// 2.0 may have a start time, which does not change:
/// <code>
/// byte   0      1        2      3         11     12              18
///        | 0x12 | length | 0x09 | value   | 0x10 | milliseconds  | start |
/// </code>
/// The value is little-endian; the time is a varint of exactly six bytes.
/// </remarks>
internal sealed class RequestTemplate
{
    private const int ValueFromEnd = 15;
    private const int TimeFromEnd = 6;

    private readonly byte[] _head;
    private readonly byte[] _body;
    private readonly int[] _ends;
    private readonly int[] _sampleEnds;
    private readonly RemoteSeries[] _series;

    /// <param name="head">The encoded fields before the series.</param>
    /// <param name="field">The number of the request's field for series.</param>
    /// <param name="series">The series.</param>
    /// <param name="messages">The message of each series, in the same order, without a sample.</param>
    internal RequestTemplate(byte[] head, int field, RemoteSeries[] series, IEnumerable<IMessage> messages)
    {
        _head = head;
        _series = series;
        (_ends, _sampleEnds) = (new int[series.Length], new int[series.Length]);
        using var body = new MemoryStream();
        using var output = new CodedOutputStream(body);
        var plain = SampleOf(start: 0);
        var index = 0;
        foreach (var message in messages)
        {
            output.WriteTag(field, WireFormat.WireType.LengthDelimited);
            var sample = series[index].Start == 0 ? plain : SampleOf(series[index].Start);
            output.WriteBytes(ByteString.CopyFrom([.. message.ToByteArray(), .. sample]));
            _ends[index] = (int)output.Position;
            _sampleEnds[index] = plain.Length - sample.Length;
            index++;
        }
        output.Flush();
        _body = body.ToArray();
    }

    /// <summary>The compressed body of a request, without the series that have an exemplar; null without a sample.</summary>
    /// <param name="values">The values of a snapshot; empty for stale markers of every series.</param>
    /// <param name="time">When they were read, in milliseconds since 1970.</param>
    internal ByteString? Fill(ReadOnlySpan<double> values, long time)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(_head.Length + _body.Length);
        try
        {
            _head.CopyTo(buffer, 0);
            var length = _head.Length;
            for (var index = 0; index < _series.Length; index++)
            {
                var series = _series[index];
                var value = values.IsEmpty ? MetricSnapshot.Absent : values[series.Sample];
                var isAbsent = MetricSnapshot.IsAbsent(value);
                if (isAbsent && !series.IsLive) continue;
                series.IsLive = !isAbsent;
                if (series.HasExemplar) continue;
                var message = _body.AsSpan((index == 0 ? 0 : _ends[index - 1]).._ends[index]);
                message.CopyTo(buffer.AsSpan(length));
                length += message.Length;
                var end = length + _sampleEnds[index];
                BinaryPrimitives.WriteDoubleLittleEndian(buffer.AsSpan(end - ValueFromEnd), value);
                WriteTime(buffer.AsSpan(end - TimeFromEnd, TimeFromEnd), time);
            }
            return length == _head.Length ? null : ByteString.CopyFrom(Snappy.CompressToArray(buffer.AsSpan(0, length)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>A sample with the highest time that six bytes can contain, in the year 2109.</summary>
    private static byte[] SampleOf(long start) => new V2.TimeSeries
    {
        Samples = { new V2.Sample { Value = 1, Timestamp = (1L << (7 * TimeFromEnd)) - 1, StartTimestamp = start } },
    }.ToByteArray();

    private static void WriteTime(Span<byte> varint, long time)
    {
        for (var index = 0; index < varint.Length; index++) varint[index] = (byte)((time >> (7 * index)) | 0x80);
        varint[^1] &= 0x7f;
    }
}

namespace GunicornPrometheusExporter.Fuzz.Oracles;

/// <summary>Checks that bytes are messages of the wire format, each behind its length, down to the fields of a metric.</summary>
internal static class ProtobufCheck
{
    // A family's metrics, and in them the value of each type.
    private static readonly int[][] Messages = [[4], [1, 2, 3, 4, 7]];

    /// <summary>Checks a sequence of families.</summary>
    public static void Families(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty) Fields(Take(ref bytes, Varint(ref bytes)), 0);
    }

    private static void Fields(ReadOnlySpan<byte> message, int depth)
    {
        while (!message.IsEmpty)
        {
            var tag = Varint(ref message);
            switch (tag & 7)
            {
                case 0: Varint(ref message); break;
                case 1: Take(ref message, 8); break;
                case 2:
                    var field = Take(ref message, Varint(ref message));
                    if (depth < Messages.Length && Messages[depth].Contains((int)(tag >> 3))) Fields(field, depth + 1);
                    break;
                default: throw new FuzzFailure($"protobuf has a tag {tag}");
            }
        }
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> bytes, ulong length)
    {
        FuzzFailure.Unless(length <= (ulong)bytes.Length, "a protobuf field is longer than its message");
        var taken = bytes[..(int)length];
        bytes = bytes[(int)length..];
        return taken;
    }

    private static ulong Varint(ref ReadOnlySpan<byte> bytes)
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Take(ref bytes, 1)[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }
        throw new FuzzFailure("a protobuf number does not end");
    }
}

using System.Buffers.Binary;
using System.Text;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Fuzz.Inputs;

/// <summary>Makes the bytes of store files, apart from the product's writer.</summary>
internal static class StoreContent
{
    private static readonly string[] Families = ["a", "b_seconds", "gunicorn_worker_requests", "a_b:c", "ü", "a_count"];

    // In JSON's own spelling, right and wrong.
    private static readonly string[] Labels =
    [
        "", "\"m\": \"GET\"", "\"m\": \"POST\"", "\"pid\": \"7\"", "\"a\": \"x\\ny\\\\\\\"\", \"b\": \"\\ud83e\\udd84\"",
        "\"a\": \"1\", \"a\": \"2\"", "\"a-b\": \"1\", \"a_b\": \"2\"", "\"u\": \"\\ud800\"", "\"\": \"\"", "\"n\": 1", "\"o\": {}",
        "\"worker_id\": \"worker_1\"", "\"b\": \"2\", \"a\": \"1\"",
    ];

    private static readonly string[] Bounds = ["0.1", "1.0", "+Inf", "1e+06", "-1", "nan", "x", ""];

    private static readonly double[] Values =
    [
        0, 1, 2, 0.1, 1e16, 1e300, -1e300, 5e-324, -0.0, double.NaN, double.PositiveInfinity, double.NegativeInfinity, -1,
        double.MaxValue, 9007199254740993, 1 << 30, BitConverter.Int64BitsToDouble(0x7FF4_0000_DEAD_BEEF),
    ];

    /// <summary>The content of a file, with or without allocated space behind the entries.</summary>
    public static byte[] Make(Random random, MetricType type)
    {
        var layout = (EntryLayout)random.Next(2);
        var bytes = new MemoryStream();
        bytes.Write(new byte[StoreFormat.HeaderSize]);
        var entries = random.Next(8);
        for (var i = 0; i < entries; i++) Append(random, bytes, type, layout);
        return Finish(random, bytes);
    }

    /// <summary>The same content with more entries behind it, as its writer would have left it a moment later.</summary>
    public static byte[] Grow(Random random, byte[] content, MetricType type)
    {
        if (content.Length < StoreFormat.HeaderSize) return Make(random, type);
        var used = BinaryPrimitives.ReadInt32LittleEndian(content);
        if (used < StoreFormat.HeaderSize || used > content.Length) return content;
        var layout = EntryWalk.LayoutOf(content.AsSpan(0, used)) ?? EntryLayout.Timestamped;
        var bytes = new MemoryStream();
        bytes.Write(content, 0, used);
        for (var i = random.Next(1, 4); i > 0; i--) Append(random, bytes, type, layout);
        return Finish(random, bytes);
    }

    private static byte[] Finish(Random random, MemoryStream content)
    {
        var used = (int)content.Length;
        if (random.Next(2) == 0) content.Write(new byte[random.Next(5) * 64]);
        var bytes = content.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(bytes, used);
        return bytes;
    }

    private static void Append(Random random, MemoryStream content, MetricType type, EntryLayout layout)
    {
        var key = Encoding.UTF8.GetBytes(Key(random, type));
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(number, key.Length);
        content.Write(number[..4]);
        content.Write(key);
        do content.WriteByte((byte)' '); while (content.Length % 8 != 0);
        BinaryPrimitives.WriteDoubleLittleEndian(number, Pick(random, Values));
        content.Write(number);
        if (layout != EntryLayout.Timestamped) return;
        BinaryPrimitives.WriteDoubleLittleEndian(number, random.Next(4) == 0 ? Pick(random, Values) : 1.7e9 + random.Next());
        content.Write(number);
    }

    private static string Key(Random random, MetricType type)
    {
        var family = Pick(random, Families);
        var labels = Pick(random, Labels);
        var suffix = type switch
        {
            MetricType.Counter => "_total",
            MetricType.Gauge => "",
            MetricType.Summary => Pick(random, ["_sum", "_count"]),
            _ => Pick(random, ["_bucket", "_bucket", "_bucket", "_sum", "_count"]),
        };
        if (random.Next(32) == 0) suffix = "_other";
        if (suffix == "_bucket" && random.Next(16) != 0)
        {
            labels += $"{(labels.Length > 0 ? ", " : "")}\"le\": \"{Pick(random, Bounds)}\"";
        }
        var help = random.Next(16) == 0 ? new string('h', random.Next(2000)) : Pick(random, ["help", "", "a\\\\b\\n\\\"c\\\"", "\\u2028"]);
        return $"[\"{family}\", \"{family}{suffix}\", {{{labels}}}, \"{help}\"]";
    }

    private static T Pick<T>(Random random, T[] choices) => choices[random.Next(choices.Length)];
}

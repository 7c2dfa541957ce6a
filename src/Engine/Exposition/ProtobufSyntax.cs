using System.Text;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Exposition;

/// <summary>The field numbers of <c>io.prometheus.client</c>, by message. No other type knows them.</summary>
internal static class ProtobufSyntax
{
    public const int FamilyName = 1;
    public const int FamilyHelp = 2;
    public const int FamilyType = 3;
    public const int FamilyMetric = 4;
    public const int FamilyUnit = 5;

    public const int MetricLabel = 1;
    public const int MetricGauge = 2;
    public const int MetricCounter = 3;
    public const int MetricSummary = 4;
    public const int MetricHistogram = 7;

    public const int LabelName = 1;
    public const int LabelValue = 2;

    public const int CounterOrGaugeValue = 1;
    public const int CounterCreated = 3;

    public const int SummaryCount = 1;
    public const int SummarySum = 2;
    public const int SummaryCreated = 4;

    public const int HistogramCount = 1;
    public const int HistogramSum = 2;
    public const int HistogramBucket = 3;
    public const int HistogramFloatCount = 4;
    public const int HistogramSchema = 5;
    public const int HistogramZeroThreshold = 6;
    public const int HistogramZeroCount = 7;
    public const int HistogramSpan = 12;
    public const int HistogramDelta = 13;
    public const int HistogramCreated = 15;

    public const int BucketCount = 1;
    public const int BucketBound = 2;
    public const int BucketExemplar = 3;
    public const int BucketFloatCount = 4;

    public const int SpanOffset = 1;
    public const int SpanLength = 2;

    public const int ExemplarLabel = 1;
    public const int ExemplarValue = 2;
    public const int ExemplarTimestamp = 3;

    public const int TimestampSeconds = 1;
    public const int TimestampNanoseconds = 2;

    /// <summary>The fields of a family before its metrics; a counter's base name is without <c>_total</c>.</summary>
    public static byte[] Header(string name, string baseName, MetricType type, string help)
    {
        var writer = new ProtobufWriter();
        writer.WriteBytes(FamilyName, Encoding.UTF8.GetBytes(name));
        writer.WriteBytes(FamilyHelp, Encoding.UTF8.GetBytes(help));
        writer.WriteUnsigned(FamilyType, TypeNumber(type));
        if (MetricUnits.Of(baseName) is { } unit) writer.WriteBytes(FamilyUnit, Encoding.UTF8.GetBytes(unit));
        return writer.Written.ToArray();
    }

    /// <summary>The fields for labels that are given in the form of the text format.</summary>
    public static byte[] Labels(ReadOnlySpan<byte> text)
    {
        var writer = new ProtobufWriter();
        while (!text.IsEmpty)
        {
            var (name, value) = TextSyntax.TakeLabel(ref text);
            var pair = writer.BeginMessage(MetricLabel);
            writer.WriteBytes(LabelName, name);
            writer.WriteBytes(LabelValue, value);
            writer.EndMessage(pair);
        }
        return writer.Written.ToArray();
    }

    /// <summary>The field of a metric for a type, and that field's own field for the creation time.</summary>
    public static (int Value, int? Created) FieldsOf(MetricType type) => type switch
    {
        MetricType.Counter => (MetricCounter, CounterCreated),
        MetricType.Gauge => (MetricGauge, null),
        MetricType.Summary => (MetricSummary, SummaryCreated),
        _ => (MetricHistogram, HistogramCreated),
    };

    private static ulong TypeNumber(MetricType type) => type switch
    {
        MetricType.Counter => 0,
        MetricType.Gauge => 1,
        MetricType.Summary => 2,
        _ => 4,
    };
}

using System.Collections.Immutable;
using System.Text;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Exposition;

/// <summary>The header of a family in each format. Immutable.</summary>
internal sealed class FamilyHeader
{
    // Indexed by the kind of the line.
    private readonly ImmutableArray<string> _names;

    public FamilyHeader(string storeName, MetricType type, string help, GaugeMode mode = GaugeMode.All)
    {
        Type = type;
        Mode = mode;
        Help = help;
        BaseName = TextSyntax.MetricName(storeName);
        Name = type == MetricType.Counter ? BaseName + MetricFamily.TotalSuffix : BaseName;
        _names = [Name, Name + MetricFamily.BucketSuffix, Name + MetricFamily.SumSuffix, Name + MetricFamily.CountSuffix];
        SampleNames = type switch
        {
            MetricType.Histogram => _names,
            MetricType.Summary => _names.Remove(NameOf(LineKind.Bucket)),
            _ => [Name],
        };
        OpenMetricsNames = type == MetricType.Gauge
            ? [Name]
            : [.. SampleNames.Union([BaseName, BaseName + OpenMetricsSyntax.CreatedSuffix])];
        Text = TextSyntax.Header(Name, type, help);
    }

    /// <summary>The name; a counter's ends in <c>_total</c>.</summary>
    public string Name { get; }

    /// <summary>The name in OpenMetrics; a counter's without <c>_total</c>.</summary>
    public string BaseName { get; }

    public MetricType Type { get; }

    /// <summary>How a gauge's values of several hosts are merged.</summary>
    public GaugeMode Mode { get; }

    public string Help { get; }

    /// <summary>Every sample name of the family in the text format.</summary>
    public ImmutableArray<string> SampleNames { get; }

    /// <summary>Every name that the family reserves in OpenMetrics.</summary>
    public ImmutableArray<string> OpenMetricsNames { get; }

    /// <summary>The lines above its samples in the text format.</summary>
    public byte[] Text { get; }

    public byte[] OpenMetrics => field ??= OpenMetricsSyntax.Header(BaseName, Type.Word(), Help);

    /// <summary>The OpenMetrics lines for a counter without its type, because another family has the name without <c>_total</c>.</summary>
    public byte[] Untyped => field ??= OpenMetricsSyntax.Header(Name, OpenMetricsSyntax.UnknownType, Help);

    public byte[] Protobuf => field ??= ProtobufSyntax.Header(Name, BaseName, Type, Help);

    /// <summary>The name of the sample with the creation time of a series, in OpenMetrics.</summary>
    public byte[] Created => field ??= Encoding.UTF8.GetBytes(BaseName + OpenMetricsSyntax.CreatedSuffix);

    public string NameOf(LineKind kind) => _names[(int)kind];
}

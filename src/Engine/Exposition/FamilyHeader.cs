using System.Collections.Immutable;
using System.Text;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Exposition;

/// <summary>The header of a family in each format. Immutable.</summary>
internal sealed class FamilyHeader
{
    // Indexed by the kind of the line.
    private readonly ImmutableArray<string> _names;
    private readonly string _storeName;

    public FamilyHeader(string storeName, MetricType type, string help, GaugeMode mode = GaugeMode.All)
        : this(storeName, type, help, mode, NameEscaping.AllowUtf8, source: null) { }

    private FamilyHeader(string storeName, MetricType type, string help, GaugeMode mode, NameEscaping escaping, FamilyHeader? source)
    {
        // No format has an empty name.
        _storeName = storeName.Length > 0 ? storeName : "_";
        Source = source ?? this;
        Type = type;
        Mode = mode;
        Help = help;
        var suffix = type switch
        {
            MetricType.Counter => MetricFamily.TotalSuffix,
            MetricType.Gauge => "",
            _ => MetricFamily.SumSuffix,
        };
        // A suffix is escaped with its name, so a family's name is what is left of its samples' names without the suffix.
        BaseName = NameSyntax.EscapeMetric(_storeName + suffix, escaping)[..^suffix.Length];
        Name = type == MetricType.Counter ? BaseName + MetricFamily.TotalSuffix : BaseName;
        _names = [Name, BaseName + MetricFamily.BucketSuffix, BaseName + MetricFamily.SumSuffix, BaseName + MetricFamily.CountSuffix];
        Kinds = type switch
        {
            MetricType.Histogram => [LineKind.Value, LineKind.Bucket, LineKind.Sum, LineKind.Count],
            MetricType.Summary => [LineKind.Value, LineKind.Sum, LineKind.Count],
            _ => [LineKind.Value],
        };
        SampleNames = [.. Kinds.Select(NameOf)];
        OpenMetricsNames = type == MetricType.Gauge
            ? [Name]
            : [.. SampleNames.Union([BaseName, BaseName + OpenMetricsSyntax.CreatedSuffix])];
        Text = TextSyntax.Header(Name, type, help);
    }

    /// <summary>The header before its names were escaped.</summary>
    public FamilyHeader Source { get; }

    /// <summary>The name; a counter's ends in <c>_total</c>.</summary>
    public string Name { get; }

    /// <summary>The name in OpenMetrics; a counter's without <c>_total</c>.</summary>
    public string BaseName { get; }

    public MetricType Type { get; }

    /// <summary>How a gauge's values of several hosts are merged.</summary>
    public GaugeMode Mode { get; }

    public string Help { get; }

    /// <summary>The kinds of its lines, and that of its own name.</summary>
    public ImmutableArray<LineKind> Kinds { get; }

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

    /// <summary>The start of a line with the creation time of a series, in OpenMetrics.</summary>
    public byte[] Created => field ??= Encoding.UTF8.GetBytes(TextSyntax.Opening(BaseName + OpenMetricsSyntax.CreatedSuffix));

    public string NameOf(LineKind kind) => _names[(int)kind];

    /// <summary>The length of the start of a line that <see cref="Created"/> replaces.</summary>
    public int OpeningLengthOf(LineKind kind) =>
        Created.Length + NameOf(kind).Length - BaseName.Length - OpenMetricsSyntax.CreatedSuffix.Length;

    /// <summary>Whether a client that names families and samples, escaped or not, selects the whole family.</summary>
    public bool IsNamed(IReadOnlySet<string> names) =>
        names.Contains(Name) || names.Contains(BaseName) || names.Contains(Source.Name) || names.Contains(Source.BaseName);

    /// <summary>Whether it selects the samples of a kind.</summary>
    public bool IsNamed(IReadOnlySet<string> names, LineKind kind) =>
        IsNamed(names) || names.Contains(NameOf(kind)) || names.Contains(Source.NameOf(kind));

    /// <summary>The header with escaped names; the same if nothing changes.</summary>
    public FamilyHeader Escape(NameEscaping escaping)
    {
        var escaped = new FamilyHeader(_storeName, Type, Help, Mode, escaping, this);
        return escaped.Name == Name ? this : escaped;
    }
}

using GunicornPrometheusExporter.Forwarding.Otlp.Messages;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;
using Kind = GunicornPrometheusExporter.Forwarding.Otlp.Messages.Metric.DataOneofCase;

namespace GunicornPrometheusExporter.Forwarding.Otlp;

/// <summary>One family of a layout. Immutable.</summary>
internal sealed class OtlpFamily(SnapshotFamily family)
{
    private readonly string _name = Conventions.NameOf(family.Name);
    private readonly string _unit = Conventions.UnitOf(family.Name);

    internal string Name => family.Name;

    internal MetricType Type => family.Type;

    /// <summary>Whether it is the exporter's, and not the application's.</summary>
    internal bool IsOwn { get; } = Conventions.IsOwn(family.Name);

    /// <summary>A metric of the family without points.</summary>
    internal Metric NewMetric(Kind kind)
    {
        var metric = new Metric { Name = _name, Unit = _unit, Description = family.Help };
        switch (kind)
        {
            case Kind.Sum: metric.Sum = new() { IsMonotonic = true, AggregationTemporality = AggregationTemporality.Cumulative }; break;
            case Kind.Histogram: metric.Histogram = new() { AggregationTemporality = AggregationTemporality.Cumulative }; break;
            case Kind.ExponentialHistogram:
                metric.ExponentialHistogram = new() { AggregationTemporality = AggregationTemporality.Cumulative };
                break;
            case Kind.Summary: metric.Summary = new(); break;
            default: metric.Gauge = new(); break;
        }
        return metric;
    }
}

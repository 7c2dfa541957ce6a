using System.Collections.Immutable;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Forwarding.Otlp.Messages;
using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Forwarding.Otlp;

/// <summary>The series of one layout, and which of them are live. Not thread-safe.</summary>
internal sealed class OtlpLayout
{
    /// <summary>Keeps a request within the limits of receivers and proxies: about 1 MB before compression.</summary>
    private const int PointsPerRequest = 5_000;

    private readonly Resource _resource;
    private readonly ImmutableArray<OtlpSeries> _series;

    internal OtlpLayout(SnapshotLayout layout, ImmutableSortedDictionary<string, string> resource)
    {
        Layout = layout;
        _resource = new() { Attributes = { resource.Select(one => Conventions.Attribute(one.Key, one.Value)) } };
        // Empty labels are not sent, so two samples may have the same series; the first is used.
        _series = [.. SeriesOf(layout).DistinctBy(series => series.Key)];
    }

    internal SnapshotLayout Layout { get; }

    /// <summary>Takes over the live series of an earlier layout; the series that remain live there have disappeared.</summary>
    internal void Continue(OtlpLayout earlier)
    {
        var live = earlier._series.Where(series => series.IsLive).ToDictionary(series => series.Key);
        foreach (var series in _series)
        {
            if (live.TryGetValue(series.Key, out var same)) series.Continue(same);
        }
    }

    /// <summary>The requests with the points of a snapshot.</summary>
    internal IEnumerable<ExportMetricsServiceRequest> Read(MetricSnapshot snapshot, ulong time) =>
        RequestsOf(_series.SelectMany(series => series.Read(snapshot, time)));

    /// <summary>The requests that end every live series.</summary>
    internal IEnumerable<ExportMetricsServiceRequest> End(ulong time) => RequestsOf(_series.SelectMany(series => series.End(time)));

    private static IEnumerable<OtlpSeries> SeriesOf(SnapshotLayout layout)
    {
        var first = 0;
        foreach (var family in layout.Families)
        {
            var metric = new OtlpFamily(family);
            for (var start = 0; start < family.Samples.Length;)
            {
                var labels = OtlpSeries.LabelsOf(family.Samples[start]).ToImmutableArray();
                var end = start + 1;
                while (end < family.Samples.Length && labels.SequenceEqual(OtlpSeries.LabelsOf(family.Samples[end]))) end++;
                yield return new(metric, first + start, family.Samples.AsSpan()[start..end]);
                start = end;
            }
            first += family.Samples.Length;
        }
    }

    private IEnumerable<ExportMetricsServiceRequest> RequestsOf(IEnumerable<OtlpPoint> points) =>
        points.Chunk(PointsPerRequest).Select(chunk => new ExportMetricsServiceRequest
        {
            ResourceMetrics =
            {
                new ResourceMetrics
                {
                    Resource = _resource,
                    ScopeMetrics = { chunk.GroupBy(point => point.Family.IsOwn).Select(scope => ScopeOf(scope.Key, scope)) },
                },
            },
        });

    private static ScopeMetrics ScopeOf(bool isOwn, IEnumerable<OtlpPoint> points) => new()
    {
        Scope = isOwn
            ? new() { Name = "gunicorn-prometheus-exporter", Version = ProductVersion.Text }
            : new() { Name = "prometheus_client" },
        Metrics =
        {
            points.GroupBy(point => (point.Family, point.Kind)).Select(group =>
            {
                var metric = group.Key.Family.NewMetric(group.Key.Kind);
                foreach (var point in group) point.AddTo(metric);
                return metric;
            }),
        },
    };
}

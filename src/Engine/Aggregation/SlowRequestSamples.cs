using GunicornPrometheusExporter.Deaths;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>Adds the slow requests in flight by route.</summary>
/// <remarks>As in a worker, a path has a value of its own only once a response has shown that it exists.</remarks>
internal sealed class SlowRequestSamples(FlightWatch flights) : ISampleSource
{
    public string Name => "slow requests";

    public void Add(FamilyTable families)
    {
        var slow = flights.ReadSlow().SelectMany(worker => worker.Requests).ToList();
        if (slow.Count == 0) return;
        var known = families.LabelSetsOf(MetricCatalogue.HttpRequests).Select(EndpointOf).ToHashSet(StringComparer.Ordinal);
        var bounds = new EndpointBounds(LabelBounds.DefaultMaximumValues);
        foreach (var (_, labels, _) in slow)
        {
            var endpoint = EndpointBounds.Unmatched;
            if (labels.IsRouted) _ = bounds.TryAdmitRoute(labels.Route, out endpoint);
            else if (known.Contains(labels.Route)) _ = bounds.TryAdmitPath(labels.Route, out endpoint);
            families.Add(
                MetricCatalogue.SlowRequestsInFlight, 1, new Label(EndpointBounds.Label, endpoint), new Label("method", labels.Method));
        }
    }

    private static string? EndpointOf(LabelSet set) =>
        SnapshotTaker.LabelsOf(set).FirstOrDefault(label => label.Name == EndpointBounds.Label).Value;
}

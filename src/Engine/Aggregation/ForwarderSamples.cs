using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>Adds the status of the exporter's forwarders.</summary>
internal sealed class ForwarderSamples(FamilyTable families, SeriesValues values, TimeProvider time)
{
    public void Add(IReadOnlyDictionary<string, ForwarderStatus> forwarders)
    {
        if (forwarders.Count == 0) return;
        var now = time.GetUtcNow();
        foreach (var (name, status) in forwarders)
        {
            var forwarder = new Label("forwarder", name);
            Set(MetricCatalogue.ForwarderUp, status.State == ForwarderState.Running ? 1 : 0, forwarder);
            Set(MetricCatalogue.ForwarderLag, status.LagAt(now).TotalSeconds, forwarder);
            Set(MetricCatalogue.ForwarderBytes, status.Bytes, forwarder);
            Set(MetricCatalogue.ForwarderSnapshots, status.Sent, forwarder, new Label("outcome", "sent"));
            Set(MetricCatalogue.ForwarderSnapshots, status.Failed, forwarder, new Label("outcome", "failed"));
            Set(MetricCatalogue.ForwarderSnapshots, status.Dropped, forwarder, new Label("outcome", "dropped"));
            if (status.LastSuccess is not { } success) continue;
            Set(MetricCatalogue.ForwarderLastSuccess, (success - DateTimeOffset.UnixEpoch).TotalSeconds, forwarder);
        }
    }

    private void Set(MetricFamily family, double value, params IReadOnlyList<Label> labels) =>
        values.Set(families.SeriesOf(family, labels), value);
}

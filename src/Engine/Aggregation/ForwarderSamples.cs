using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>Adds the status of the exporter's forwarders.</summary>
internal sealed class ForwarderSamples(IReadOnlyDictionary<string, ForwarderStatus> forwarders, TimeProvider time) : ISampleSource
{
    public string Name => "forwarders";

    public void Add(FamilyTable families)
    {
        if (forwarders.Count == 0) return;
        var now = time.GetUtcNow();
        foreach (var (name, status) in forwarders)
        {
            var forwarder = new Label("forwarder", name);
            families.Set(MetricCatalogue.ForwarderUp, status.State == ForwarderState.Running ? 1 : 0, forwarder);
            families.Set(MetricCatalogue.ForwarderLag, status.LagAt(now).TotalSeconds, forwarder);
            families.Set(MetricCatalogue.ForwarderBytes, status.Bytes, forwarder);
            families.Set(MetricCatalogue.ForwarderSnapshots, status.Sent, forwarder, new Label("outcome", "sent"));
            families.Set(MetricCatalogue.ForwarderSnapshots, status.Failed, forwarder, new Label("outcome", "failed"));
            families.Set(MetricCatalogue.ForwarderSnapshots, status.Dropped, forwarder, new Label("outcome", "dropped"));
            if (status.LastSuccess is not { } success) continue;
            families.Set(MetricCatalogue.ForwarderLastSuccess, (success - DateTimeOffset.UnixEpoch).TotalSeconds, forwarder);
        }
    }
}

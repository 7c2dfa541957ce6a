using GunicornPrometheusExporter.Listeners;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>Adds the memory and age of the masters, and the backlog of their listeners.</summary>
/// <remarks>During an upgrade there are two masters: memory is their sum, and the age is that of the older one.</remarks>
internal sealed class MasterSamples(SlotLiveness slots, ListenerWatch listeners) : ISampleSource
{
    public string Name => "masters";

    public void Add(FamilyTable families)
    {
        if (ProcessReading.TrySum(slots.Masters, out var masters))
        {
            families.Set(MetricCatalogue.MasterUptime, masters.AgeSeconds);
            families.Set(MetricCatalogue.MasterMemory, masters.ResidentBytes);
        }
        foreach (var socket in listeners.Look(slots.Masters))
        {
            // Sockets that share an address (SO_REUSEPORT) share its series.
            var listener = new Label("listener", socket.Address);
            families.Add(MetricCatalogue.ListenerBacklog, socket.Backlog, listener);
            families.Add(MetricCatalogue.ListenerBacklogLimit, socket.Limit, listener);
        }
    }
}

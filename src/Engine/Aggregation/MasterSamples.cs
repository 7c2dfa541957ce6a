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
        var (age, memory, isKnown) = (0.0, 0.0, false);
        foreach (var pid in slots.Masters)
        {
            if (!ProcessReading.TryRead(pid, out var reading)) continue;
            isKnown = true;
            age = Math.Max(age, reading.AgeSeconds);
            memory += reading.ResidentBytes;
        }
        if (isKnown)
        {
            families.Set(MetricCatalogue.MasterUptime, age);
            families.Set(MetricCatalogue.MasterMemory, memory);
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

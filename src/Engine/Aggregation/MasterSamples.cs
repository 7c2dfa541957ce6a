using GunicornPrometheusExporter.Listeners;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>Adds the memory and age of the masters, and the backlog of their listeners.</summary>
/// <remarks>During an upgrade there are two masters: memory is their sum, and the age is that of the older one.</remarks>
internal sealed class MasterSamples
{
    private readonly FamilyTable _families;
    private readonly SeriesValues _values;
    private readonly ListenerWatch _listeners;

    public MasterSamples(FamilyTable families, SeriesValues values, ListenerWatch listeners)
    {
        _families = families;
        _values = values;
        _listeners = listeners;
    }

    /// <summary>Adds the samples for the pids of live masters; 0 for a master in another PID namespace.</summary>
    public void Add(IReadOnlyCollection<int> masters)
    {
        var (age, memory, isKnown) = (0.0, 0.0, false);
        foreach (var pid in masters)
        {
            if (!ProcessReading.TryRead(pid, out var reading)) continue;
            isKnown = true;
            age = Math.Max(age, reading.AgeSeconds);
            memory += reading.ResidentBytes;
        }
        if (isKnown)
        {
            _values.Set(_families.SeriesOf(MetricCatalogue.MasterUptime), age);
            _values.Set(_families.SeriesOf(MetricCatalogue.MasterMemory), memory);
        }
        foreach (var socket in _listeners.Look(masters))
        {
            // Sockets that share an address (SO_REUSEPORT) share its series.
            var listener = new Label("listener", socket.Address);
            _values.Add(_families.SeriesOf(MetricCatalogue.ListenerBacklog, listener), socket.Backlog);
            _values.Add(_families.SeriesOf(MetricCatalogue.ListenerBacklogLimit, listener), socket.Limit);
        }
    }
}

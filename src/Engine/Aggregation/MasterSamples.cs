using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Listeners;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Store;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>What the masters use, and the queues in front of their workers.</summary>
/// <remarks>During an upgrade there are two masters: their sum, the age of the older one.</remarks>
internal sealed class MasterSamples
{
    private readonly FamilyTable _families;
    private readonly SeriesValues _values;
    private readonly ListenerWatch _listeners;

    // By pid, what was last seen of it: what a master that is gone used stays counted.
    private readonly Dictionary<int, (double User, double System)> _used = [];
    private double _user;
    private double _system;

    public MasterSamples(FamilyTable families, SeriesValues values, ListenerWatch listeners)
    {
        _families = families;
        _values = values;
        _listeners = listeners;
    }

    /// <summary>Adds the samples of the masters that live; none without one.</summary>
    /// <param name="masters">Their pids, as far as this PID namespace shows them.</param>
    public void Add(IReadOnlyCollection<int> masters)
    {
        var (age, memory, isKnown) = (0.0, 0.0, false);
        foreach (var pid in masters)
        {
            if (!ProcessReading.TryRead(pid, out var reading)) continue;
            isKnown = true;
            age = Math.Max(age, reading.AgeSeconds);
            memory += reading.ResidentBytes;
            ref var used = ref CollectionsMarshal.GetValueRefOrAddDefault(_used, pid, out _);
            _user += Math.Max(0, reading.UserSeconds - used.User);
            _system += Math.Max(0, reading.SystemSeconds - used.System);
            used = (reading.UserSeconds, reading.SystemSeconds);
        }
        foreach (var pid in _used.Keys)
        {
            if (!masters.Contains(pid)) _used.Remove(pid);
        }
        if (!isKnown) return;
        _values.Set(_families.SeriesOf(MetricCatalogue.MasterUptime), age);
        _values.Set(_families.SeriesOf(MetricCatalogue.MasterMemory), memory);
        _values.Set(_families.SeriesOf(MetricCatalogue.MasterCpuSeconds, new Label("mode", "user")), _user);
        _values.Set(_families.SeriesOf(MetricCatalogue.MasterCpuSeconds, new Label("mode", "system")), _system);
        foreach (var socket in _listeners.Look(masters))
        {
            // Sockets that share an address (SO_REUSEPORT) share its series.
            var listener = new Label("listener", socket.Address);
            _values.Add(_families.SeriesOf(MetricCatalogue.ListenerBacklog, listener), socket.Backlog);
            _values.Add(_families.SeriesOf(MetricCatalogue.ListenerBacklogLimit, listener), socket.Limit);
        }
    }
}

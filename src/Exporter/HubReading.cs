using GunicornPrometheusExporter.Exporter.Http;
using GunicornPrometheusExporter.Exporter.Trends;
using GunicornPrometheusExporter.Fleet;
using GunicornPrometheusExporter.Forwarding;
using GunicornPrometheusExporter.Incidents;

namespace GunicornPrometheusExporter.Exporter;

/// <summary>The scrapes of a hub; each reads the hosts' snapshots. Owns the source. Safe for any number of threads.</summary>
internal sealed class HubReading(
    FleetHub hub, IFleetSource source, ConfigurationInForce configuration, FleetTrend trend, CancellationToken end) : IAsyncDisposable
{
    private const int TicksPerRead = 3;
    private static readonly TimeSpan Tick = TrendRange.Recent.Step;

    private readonly Gate _gate = new();
    private IFleetSource _source = source;

    /// <summary>Reads once at the start, so that an unreadable source is logged immediately.</summary>
    internal Task BeginAsync() => ScrapeAsync([]);

    /// <summary>Fills the history until it is stopped: a point per five seconds, and a read of the hosts per fifteen.</summary>
    internal async Task RememberAsync(BackgroundWork work, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Tick);
        using var stopping = stop.Register(timer.Dispose);
        for (var tick = 1; await timer.WaitForNextTickAsync(CancellationToken.None); tick++)
        {
            await work.RunAsync(() => RememberAsync(tick));
        }
    }

    private async Task<string?> RememberAsync(int tick)
    {
        try
        {
            if (tick % TicksPerRead == 0) await ScrapeAsync([]);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // A hub that stops during a read has no fault.
            return null;
        }
        using var visit = await _gate.EnterAsync();
        trend.Add([.. hub.Hosts.Where(host => host.Instance.Length > 0)], TimeProvider.System.GetUtcNow());
        // The hub's metrics say whether the source can be read.
        return null;
    }

    internal async Task ScrapeAsync(IEnumerable<ScrapeAnswer> answers)
    {
        using var visit = await _gate.EnterAsync();
        hub.LastReload = configuration.Status;
        await hub.RefreshAsync(end);
        foreach (var answer in answers)
        {
            var (format, escaping, _) = answer.Request.Format;
            hub.Write(answer.Output, format, answer.Request.NameSet, escaping);
        }
    }

    /// <summary>Why the hub has no values yet; null once it has read the hosts' snapshots. Tries to read them.</summary>
    internal async Task<string?> WhyNotReadyAsync()
    {
        if (!hub.HasRead) await ScrapeAsync([]);
        return hub.HasRead ? null : "the hosts' snapshots cannot be read; see the log";
    }

    /// <summary>Reads the newest incidents of all hosts.</summary>
    /// <exception cref="ForwardingException">They cannot be read now.</exception>
    internal async Task<IEnumerable<Incident>> ReadIncidentsAsync()
    {
        using var visit = await _gate.EnterAsync();
        return await _source.ReadIncidentsAsync(end);
    }

    /// <summary>Reads the hosts and their incidents; the hub itself is a host without a name.</summary>
    internal async Task<(IReadOnlyList<HostSnapshot> Hosts, IEnumerable<Incident> Incidents)> LookAsync()
    {
        await ScrapeAsync([]);
        try
        {
            return (hub.Hosts, await ReadIncidentsAsync());
        }
        catch (ForwardingException)
        {
            // The hub's metrics say that the source cannot be read.
            return (hub.Hosts, []);
        }
    }

    internal async Task ReplaceAsync(IFleetSource next)
    {
        using var visit = await _gate.EnterAsync();
        hub.Replace(next);
        (var former, _source) = (_source, next);
        await former.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        _gate.Dispose();
    }
}

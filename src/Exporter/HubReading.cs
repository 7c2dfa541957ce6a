using GunicornPrometheusExporter.Exporter.Http;
using GunicornPrometheusExporter.Fleet;
using GunicornPrometheusExporter.Forwarding;

namespace GunicornPrometheusExporter.Exporter;

/// <summary>The scrapes of a hub, each of which reads the hosts' snapshots. Safe for any number of threads.</summary>
/// <param name="hub">The hub.</param>
/// <param name="source">Where it reads; disposed of with this.</param>
/// <param name="configuration">The hub's metrics about its configuration.</param>
/// <param name="end">Cancelled when the hub stops.</param>
internal sealed class HubReading(
    FleetHub hub, IFleetSource source, ConfigurationInForce configuration, CancellationToken end) : IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1);
    private IFleetSource _source = source;

    /// <summary>Reads once at the start, so that an unreadable source is logged at once.</summary>
    internal Task BeginAsync() => ScrapeAsync([]);

    /// <summary>Reads the hosts' snapshots, and writes every response.</summary>
    internal Task ScrapeAsync(IEnumerable<ScrapeAnswer> answers) => ExclusivelyAsync(async () =>
    {
        hub.LastReload = configuration.Status;
        await hub.RefreshAsync(end);
        foreach (var answer in answers) hub.Write(answer.Output, answer.Request.Format, answer.Request.NameSet);
    });

    /// <summary>Reads from another source from now on.</summary>
    internal Task ReplaceAsync(IFleetSource next) => ExclusivelyAsync(async () =>
    {
        hub.Replace(next);
        (var former, _source) = (_source, next);
        await former.DisposeAsync();
    });

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        _gate.Dispose();
    }

    private async Task ExclusivelyAsync(Func<Task> act)
    {
        await _gate.WaitAsync(CancellationToken.None);
        try
        {
            await act();
        }
        finally
        {
            _gate.Release();
        }
    }
}

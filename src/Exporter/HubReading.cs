using GunicornPrometheusExporter.Exporter.Http;
using GunicornPrometheusExporter.Fleet;
using GunicornPrometheusExporter.Forwarding;

namespace GunicornPrometheusExporter.Exporter;

/// <summary>The scrapes of a hub; each reads the hosts' snapshots. Owns the source. Safe for any number of threads.</summary>
internal sealed class HubReading(
    FleetHub hub, IFleetSource source, ConfigurationInForce configuration, CancellationToken end) : IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1);
    private IFleetSource _source = source;

    /// <summary>Reads once at the start, so that an unreadable source is logged immediately.</summary>
    internal Task BeginAsync() => ScrapeAsync([]);

    internal Task ScrapeAsync(IEnumerable<ScrapeAnswer> answers) => ExclusivelyAsync(async () =>
    {
        hub.LastReload = configuration.Status;
        await hub.RefreshAsync(end);
        foreach (var answer in answers) hub.Write(answer.Output, answer.Request.Format, answer.Request.NameSet);
    });

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

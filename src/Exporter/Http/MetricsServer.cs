using System.Net.Sockets;
using GunicornPrometheusExporter.Exporter.Profiles;
using GunicornPrometheusExporter.Exporter.StatusPage;
using GunicornPrometheusExporter.Exporter.Web;
using GunicornPrometheusExporter.Incidents;

namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>The HTTP server: metrics, health, and the status page.</summary>
/// <param name="web">Access control and TLS; null for none.</param>
/// <param name="isTextOnly">Whether to serve only the text format.</param>
/// <param name="status">What other commands show of one server; null for a hub.</param>
/// <param name="problem">
/// Returns in one line why this exporter is unhealthy, without file access; null for a server that is always healthy.
/// </param>
/// <param name="incidents">The incidents of all hosts; null if the status page has those of this one.</param>
/// <param name="profiling">Shows the stacks of workers; null for a server without workers.</param>
/// <param name="readiness">Returns in one line why this server is healthy, but has nothing to serve; null for one that always has.</param>
internal sealed class MetricsServer(
    SharedScrape scrapes, ILoggerFactory loggers, WebConfigFile? web, ReloadEndpoint reload, PageEndpoints page,
    bool isTextOnly = false, StatusEndpoints? status = null, Func<string?>? problem = null, ProfilingEndpoints? profiling = null,
    Func<Task<string?>>? readiness = null, HubIncidents? incidents = null)
{
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Serves until <paramref name="end"/> is cancelled.</summary>
    /// <exception cref="ListenException">An address cannot be listened on.</exception>
    internal async Task RunAsync(ExporterConfig config, CancellationToken end)
    {
        try
        {
            var log = loggers.CreateLogger("serve");
            var sockets = config.WebSystemdSocket
                ? SystemdSockets.Take(config)
                : await Task.WhenAll(ListenAddress.Of(config).Select(address => ListenSocket.OpenAsync(address, log, end)));
            Starvation.CheckDescriptors();
            var files = config.WebSystemdSocket ? [] : UnixSocketFile.Of(sockets);
            var started = Build(sockets, config.WebTelemetryPath);
            await started.StartAsync(end);
            // Disposing a server that did not start may hang.
            await using var server = started;
            foreach (var address in sockets.Select(socket => socket.LocalEndPoint!))
            {
                var authority = address is UnixDomainSocketEndPoint ? $"{ListenAddress.TextOf(address)}:" : $"{address}";
                log.Serving(web is { IsTls: true } ? "https" : "http", authority, config.WebTelemetryPath);
            }
            await Task.Delay(Timeout.InfiniteTimeSpan, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // Before it stops listening: another exporter replaces a file only once nobody listens.
            foreach (var file in files) file.Remove();
            await server.EndAsync();
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // Stopped during the start.
        }
    }

    private WebApplication Build(Socket[] sockets, string path)
    {
        var server = HttpServer.Build(sockets, loggers, longestBody: 0, web);
        server.MapMethods(path, Methods, new MetricsEndpoint(scrapes, isTextOnly).AnswerAsync);
        server.MapMethods("/-/healthy", Methods, context => AnswerAsync(context, "healthy"));
        server.MapPost("/-/reload", reload.AnswerAsync);
        server.MapMethods("/-/ready", Methods, async context =>
            await AnswerAsync(context, "ready", readiness is null ? null : await readiness()));
        if (incidents is not null) server.MapMethods($"/{IncidentJson.Path}", Methods, incidents.AnswerAsync);
        profiling?.Map(server);
        page.Map(server, Methods);
        status?.Map(server, Methods);
        return server;
    }

    private Task AnswerAsync(HttpContext context, string state, string? reason = null) => (problem?.Invoke() ?? reason) is { } fault
        ? context.AnswerAsync(StatusCodes.Status503ServiceUnavailable, $"not {state}: {fault}")
        : context.AnswerAsync(StatusCodes.Status200OK, state);
}

using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Deaths;
using GunicornPrometheusExporter.Exporter.Control;
using GunicornPrometheusExporter.Exporter.Http;
using GunicornPrometheusExporter.Exporter.SlowRequests;
using GunicornPrometheusExporter.Exporter.StatusPage;
using GunicornPrometheusExporter.Exporter.Trends;
using GunicornPrometheusExporter.Exporter.Web;
using GunicornPrometheusExporter.Folding;
using GunicornPrometheusExporter.Forwarding;
using GunicornPrometheusExporter.Incidents;
using GunicornPrometheusExporter.Master;
using GunicornPrometheusExporter.Stacks;

namespace GunicornPrometheusExporter.Exporter.Commands;

/// <summary><c>serve</c>: serves scrapes until a signal stops it, or until its master exits.</summary>
internal sealed class ServeCommand : Command
{
    private readonly SettingOptions _settings = new(ConfigurationVariables.OfExporter);

    private readonly Option<int?> _parent = new("--parent-pid")
    {
        Description = "Pid of the Gunicorn master whose exit stops this process",
        HelpName = "PID",
    };

    private readonly Option<string?> _gunicornLevel = new("--log.gunicorn-level")
    {
        Description = "Level of the Gunicorn log that receives the log lines, which are JSON then",
        HelpName = "LEVEL",
        Hidden = true,
    };

    internal ServeCommand() : base("serve", "Serve the metrics of a store over HTTP")
    {
        _settings.AddTo(this);
        Options.Add(_parent);
        Options.Add(_gunicornLevel);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var config = _settings.Load(parsed);
        using var loggers = Logs.CreateServerFactory(config, parsed.GetValue(_gunicornLevel));
        var signals = new ShutdownSignals(parsed.GetValue(_parent), loggers.CreateLogger("serve"));
        return await signals.RunAsync(end => ServeAsync(parsed, config, loggers, signals, end));
    }

    private async Task ServeAsync(
        ParseResult parsed, ExporterConfig config, ILoggerFactory loggers, ShutdownSignals signals, CancellationToken end)
    {
        var log = loggers.CreateLogger("serve");
        if (config.ServingErrors.Count > 0) throw new ConfigurationException(config.ServingErrors);
        foreach (var warning in config.Warnings) log.ConfigurationWarning(warning);
        var web = WebConfigFile.Of(config, loggers);
        using var configuration = new ConfigurationInForce(config, log);
        var directory = config.PrometheusMultiprocDir;
        ListenSocket.OpenPrivileged(config);
        MultiprocessDirectory.BecomeOwner(directory);
        // Only now, because the kernel clears the parent-death signal when a process changes its user.
        if (parsed.GetValue(_parent) is { } master && !MasterProcess.TryFollow(master))
        {
            log.MasterIsGone(master);
            return;
        }
        if (!Directory.Exists(directory)) log.StoreIsMissing(directory);
        using var aggregator = new StoreAggregator(
            directory, loggers.CreateLogger("store"), maximumSeries: config.MaxSeries, listeners: config.Listener)
        {
            HasCreated = !config.DisableCreatedSeries,
        };
        var incidents = new IncidentLog(directory);
        var stacks = new KeptStacks();
        var accountant = new DeathAccountant(
            directory, aggregator.Flights, config.MaxLabelValues, loggers.CreateLogger("deaths"))
        {
            Incidents = incidents,
            Stacks = stacks,
            Drain = new StackTaker(directory).Drain,
        };
        using var folding = new StoreFolding(directory, loggers.CreateLogger("folding"), aggregator.Damaged);
        var control = new BackgroundWork("control", log);
        using var watch = new StoreWatch(directory, parsed.GetValue(_parent), log);
        var reloads = new MasterReloads(directory, incidents, TimeProvider.System);
        var trend = new Trend(TimeProvider.System);
        var reading = new StoreReading(aggregator, accountant, folding, watch, reloads, trend, configuration, log);
        var scrapes = new SharedScrape(reading.Scrape);
        await using var manager = new ForwarderManager(reading.Snapshot, loggers.CreateLogger("forwarding"));
        var pages = new ServerPages(reading.Look, trend, manager, configuration, () => reading.Problem);
        var server = new MetricsServer(
            scrapes, loggers, web, new ReloadEndpoint(configuration), page: new(pages.LookAsync), status: new(pages.Watch, manager),
            problem: () => reading.Problem, profiling: new(directory, configuration));
        aggregator.Sources.Add(new ForwarderSamples(manager.Statuses, TimeProvider.System));
        aggregator.Sources.Add(new ExporterSamples(configuration, folding, [control, .. reading.Work]));
        if (config.LegacyMetrics) aggregator.Sources.Add(new LegacySamples(TimeProvider.System));
        aggregator.Sources.Add(trend);
        using var forwarders = new ConfiguredForwarders(manager, config);
        await forwarders.AddWantedAsync(log);
        using var leadership = new StoreLeadership(directory, forwarders, scrapes, control, loggers);
        configuration.Apply = next => forwarders.ChangeAsync(next, leadership.IsHeld);
        reloads.IsLeader = () => leadership.IsHeld;
        configuration.Reloaded = isSuccessful => incidents.Add(Incident.OfReload(
            TimeProvider.System, isSuccessful ? ReloadCauses.Exporter : ReloadCauses.ExporterFailed));
        var requests = new RequestWatch(
            directory, reading.ReadSlow, stacks, incidents, () => leadership.IsHeld, loggers.CreateLogger("requests"));
        using var hangUp = configuration.ReloadOnHangUp();
        Task[] work =
        [
            server.RunAsync(config, end), reading.AccountAsync(end), reading.FoldAsync(end), leadership.RunAsync(end),
            requests.RunAsync(end),
        ];
        // If one fails, the others stop too: the master then starts a complete exporter.
        await Task.WhenAny(work);
        await signals.EndAsync();
        await Task.WhenAll(work);
    }
}

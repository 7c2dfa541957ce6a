using GunicornPrometheusExporter.Exporter.Http;
using GunicornPrometheusExporter.Exporter.StatusPage;
using GunicornPrometheusExporter.Exporter.Trends;
using GunicornPrometheusExporter.Exporter.Web;
using GunicornPrometheusExporter.Fleet;
using GunicornPrometheusExporter.Forwarding;

namespace GunicornPrometheusExporter.Exporter.Commands;

/// <summary><c>hub</c>: serves the snapshots that the exporters of many hosts forwarded, until a signal stops it.</summary>
internal sealed class HubCommand : Command
{
    private readonly SettingOptions _settings = new(ConfigurationVariables.OfHub);

    private readonly Option<bool> _aggregate = new("--aggregate")
    {
        Description = "Merge the metrics of all hosts, instead of adding an instance label",
    };

    private readonly Option<string?> _name = new("--hub.name")
    {
        Description = "Share the hosts with the other hubs that have a name; each needs a unique one",
        HelpName = "NAME",
    };

    internal HubCommand() : base("hub", "Serve the metrics that many hosts forward to Redis, over HTTP")
    {
        _settings.AddTo(this);
        Options.Add(_aggregate);
        _name.Validators.Add(result =>
        {
            if (string.IsNullOrWhiteSpace(result.GetValue(_name))) result.AddError("--hub.name is empty; give each hub a unique name");
        });
        Options.Add(_name);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken end)
    {
        // A hub always uses the Redis settings, so validate them even if forwarding is disabled.
        var config = _settings.Load(parsed).With(new Dictionary<string, string> { [ConfigurationVariables.RedisEnabled.Name] = "true" });
        using var loggers = Logs.CreateServerFactory(config);
        if (!config.Validate()) throw new ConfigurationException(config.Errors);
        var log = loggers.CreateLogger("hub");
        foreach (var warning in config.Warnings) log.ConfigurationWarning(warning);
        var web = WebConfigFile.Of(config, loggers);
        using var configuration = new ConfigurationInForce(config, log);
        var isMerged = parsed.GetValue(_aggregate);
        var name = parsed.GetValue(_name);
        var create = Destinations.All.Select(destination => destination.CreateSource).FirstOrDefault(create => create is not null)
            ?? throw new ConfigurationException("this build has no destination that a hub can read");
        var source = create(config, isMerged, name);
        var trend = new FleetTrend();
        await using var reading = new HubReading(
            new FleetHub(source, isMerged, log, isSharing: name is not null), source, configuration, trend, end);
        configuration.Apply = async next =>
        {
            if (!configuration.Config.ChangesTo(next).Any(ConfigurationVariables.Forwarding.Contains)) return;
            await reading.ReplaceAsync(create(next, isMerged, name));
        };
        using var hangUp = configuration.ReloadOnHangUp();
        await reading.BeginAsync();
        var server = new MetricsServer(
            new SharedScrape(reading.ScrapeAsync), loggers, web, new ReloadEndpoint(configuration), isTextOnly: !isMerged,
            page: new(new HubPages(reading, trend, configuration, TimeProvider.System).LookAsync), readiness: reading.WhyNotReadyAsync,
            incidents: new(reading.ReadIncidentsAsync));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(end);
        var history = reading.RememberAsync(new BackgroundWork("history", log), stop.Token);
        try
        {
            await server.RunAsync(config, end);
        }
        finally
        {
            await stop.CancelAsync();
            await history;
        }
        return ExitStatus.Ok;
    }
}

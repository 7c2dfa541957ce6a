using System.CommandLine;
using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Exporter.Http;
using GunicornPrometheusExporter.Exporter.Web;
using GunicornPrometheusExporter.Fleet;
using GunicornPrometheusExporter.Forwarding;

namespace GunicornPrometheusExporter.Exporter.Commands;

/// <summary><c>hub</c>: answers scrapes with what the exporters of many hosts forwarded, until it is told to end.</summary>
internal sealed class HubCommand : Command
{
    private readonly ListenOption _addresses = new();

    private readonly SettingOptions _settings = new(ConfigurationVariables.ConfigFile, ConfigurationVariables.WebConfigFile);

    private readonly Option<bool> _aggregate = new("--aggregate")
    {
        Description = "Merge all hosts into one, instead of a label instance that tells them apart",
    };

    internal HubCommand() : base("hub", "Serve the metrics that many hosts forwarded to Redis, over HTTP")
    {
        Options.Add(_addresses);
        _settings.AddTo(this);
        Options.Add(_aggregate);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken end)
    {
        using var loggers = Logs.CreateFactory();
        var config = _settings.Load(parsed);
        if (!config.Validate()) throw new ConfigurationException(config.Errors);
        if (config.Warning is { } warning) loggers.CreateLogger("hub").ConfigurationWarning(warning);
        var web = WebConfigFile.Of(config, loggers);
        var isMerged = parsed.GetValue(_aggregate);
        var create = Destinations.All.Select(destination => destination.CreateSource).FirstOrDefault(create => create is not null)
            ?? throw new ConfigurationException("this build forwards to no place that a hub could read");
        await using var source = create(config, isMerged);
        var reading = new HubReading(new FleetHub(source, isMerged, loggers.CreateLogger("hub")), end);
        await reading.BeginAsync();
        var server = new MetricsServer(new SharedScrape(reading.ScrapeAsync), loggers, web, isTextOnly: !isMerged);
        await server.RunAsync(_addresses.AddressesOf(parsed, config), end);
        return ExitStatus.Ok;
    }
}

using GunicornPrometheusExporter.Exporter.Checks;
using GunicornPrometheusExporter.Exporter.Control;
using GunicornPrometheusExporter.Exporter.Readings;
using GunicornPrometheusExporter.Exporter.Trends;
using GunicornPrometheusExporter.Forwarding;

namespace GunicornPrometheusExporter.Exporter.StatusPage;

/// <summary>Collects what the page of one server shows. Safe for any number of threads.</summary>
internal sealed class ServerPages(
    Func<StoreLook> read, Trend trend, ForwarderManager forwarders, ConfigurationInForce configuration,
    Func<string?> problem)
{
    private static readonly string Host = Environment.MachineName;

    internal StatusWatch Watch { get; } = new(read, TimeProvider.System, (look, now) => CheckList.Run(
        new ExporterView(Host, [.. Samples.AllOf(look.Snapshot)], now) { Forwarders = ForwarderReport.All(forwarders.Statuses) }));

    internal Task<Page> LookAsync(PageQuery query)
    {
        var (status, findings) = Watch.Check();
        using var text = new StringWriter();
        configuration.Config.PrintConfig(text);
        var trouble = RecentTrouble.Find(Host, trend.Of, status.Incidents, status.Now.Time);
        var workers = status.Workers.Select(worker => worker with { MemoryGrowth = trend.GrowthOf(worker, status.Now.Time) });
        status = status with { Workers = [.. workers] };
        Finding[] failing = problem() is { } fault
            ? [Finding.Error($"{Host}: {fault}; see the exporter's log", "GunicornExporterFailing")]
            : [];
        return Task.FromResult(new Page(status)
        {
            Query = query,
            MetricsPath = configuration.Config.WebTelemetryPath,
            Application = MasterTexts.NameIn(configuration.Config.PrometheusMultiprocDir),
            Findings =
            [
                .. findings.Concat(failing).Concat(trouble).Concat(RecentTrouble.GrowthOf(Host, status))
                    .OrderByDescending(finding => finding.Severity),
            ],
            Forwarders = ForwarderReport.All(forwarders.Statuses),
            History = trend.Of(query.Range),
            Configuration = text.ToString(),
        });
    }
}

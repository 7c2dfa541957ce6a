using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>Whether a hub serves current values.</summary>
internal static class HubCheck
{
    // Four default forwarding intervals, because a hub does not know the intervals of its hosts.
    private static readonly double LongestAge =
        4 * double.Parse(ConfigurationVariables.RedisForwardInterval.Default!, CultureInfo.InvariantCulture);

    internal static IEnumerable<Finding> Find(ExporterView exporter)
    {
        if (exporter.Now.Sum(MetricCatalogue.HubSourceUp) == 0)
        {
            yield return Finding.Error($"{exporter.Name}: the hub cannot read the hosts' snapshots; check its log, and Redis",
                "GunicornHubSourceDown");
        }
        foreach (var host in exporter.Now.Of(MetricCatalogue.HubHostAge).Where(host => host.Value > LongestAge))
        {
            yield return Finding.Warning(
                $"{exporter.Name}: the newest snapshot of {host["instance"]} is {Show.Duration(host.Value)} old; " +
                "check the exporter on that host", "GunicornHubHostsMissing");
        }
    }
}

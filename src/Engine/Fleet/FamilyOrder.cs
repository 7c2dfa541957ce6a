using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Metrics;
using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Fleet;

/// <summary>Selects the exposed families of the hosts, and their order.</summary>
/// <remarks>
/// The product's own come first, in the order of the catalogue, then all others by name, type and mode. Of two that would expose
/// the same name, the first in that order is exposed: every hub that reads the same hosts shows the same.
/// </remarks>
internal sealed class FamilyOrder(ILogger logger)
{
    private static readonly Dictionary<(string Name, MetricType Type), int> Ranks =
        MetricCatalogue.All.Index().ToDictionary(entry => (entry.Item.Name, entry.Item.Type), entry => entry.Index);

    private readonly HashSet<(string Name, MetricType Type)> _reported = [];

    public List<T> Choose<T>(IEnumerable<T> families, Func<T, FamilyHeader> headerOf)
    {
        var chosen = new List<T>();
        var claimed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var family in families
            .OrderBy(family => Ranks.GetValueOrDefault(KeyOf(headerOf(family)), int.MaxValue))
            .ThenBy(family => headerOf(family).Name, StringComparer.Ordinal)
            .ThenBy(family => headerOf(family).Type)
            .ThenBy(family => headerOf(family).Mode))
        {
            var header = headerOf(family);
            if (header.SampleNames.FirstOrDefault(claimed.Contains) is { } name) Report(header, name);
            else
            {
                claimed.UnionWith(header.SampleNames);
                chosen.Add(family);
            }
        }
        return chosen;
    }

    private static (string Name, MetricType Type) KeyOf(FamilyHeader header) => (header.Name, header.Type);

    private void Report(FamilyHeader header, string name)
    {
        if (_reported.Add(KeyOf(header))) ScrapeLog.FamilyLeftOut(logger, header.Type.Word(), header.Name, name);
    }
}

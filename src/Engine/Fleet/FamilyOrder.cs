using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Metrics;
using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Fleet;

/// <summary>Selects the exposed families of the hosts, and their order.</summary>
/// <remarks>
/// Families of the catalogue come first, in its order; all others follow by name, type and mode. If two families would
/// expose the same name, only the first in this order is exposed, so every hub that reads the same hosts exposes the same.
/// </remarks>
internal sealed class FamilyOrder(ILogger logger)
{
    private static readonly Dictionary<(string Name, MetricType Type), int> Ranks =
        MetricCatalogue.All.Index().ToDictionary(entry => (entry.Item.Name, entry.Item.Type), entry => entry.Index);

    private readonly HashSet<(string Name, MetricType Type)> _reported = [];
    private readonly HashSet<string> _reportedEscaped = new(StringComparer.Ordinal);

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

    public void ReportEscaped(FamilyHeader header)
    {
        if (_reportedEscaped.Add(header.Name)) ScrapeLog.SamplesLeftOut(logger, header.Name);
    }

    private static (string Name, MetricType Type) KeyOf(FamilyHeader header) => (header.Name, header.Type);

    private void Report(FamilyHeader header, string name)
    {
        if (_reported.Add(KeyOf(header))) ScrapeLog.FamilyLeftOut(logger, header.Type.Word(), header.Name, name);
    }
}

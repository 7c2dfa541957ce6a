using System.Collections.Immutable;

namespace GunicornPrometheusExporter.Metrics;

/// <summary>The units in which families measure, as their names end in them.</summary>
internal static class MetricUnits
{
    private static readonly ImmutableArray<string> All = ["seconds", "bytes", "percent"];

    /// <summary>The unit in which a name ends.</summary>
    /// <param name="name">A family's name, a counter's without <c>_total</c>.</param>
    /// <returns>Null if it ends in none.</returns>
    public static string? Of(string name)
    {
        foreach (var unit in All)
        {
            if (name.Length > unit.Length && name.EndsWith(unit, StringComparison.Ordinal) && name[^(unit.Length + 1)] == '_')
            {
                return unit;
            }
        }
        return null;
    }
}

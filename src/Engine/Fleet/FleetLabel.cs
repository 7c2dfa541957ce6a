using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Fleet;

/// <summary>The labels that a hub adds to the samples of hosts.</summary>
internal static class FleetLabel
{
    /// <summary>The host of a sample that is not merged.</summary>
    public const string Instance = "instance";

    /// <summary>The shard of the hosts whose samples are merged, if several hubs share the hosts.</summary>
    public const string Shard = "shard";

    private const string Exported = "exported_";

    /// <summary>Renames an existing label of that name, as Prometheus does.</summary>
    public static IReadOnlyList<Label> MakeRoom(IReadOnlyList<Label> labels, string name)
    {
        if (!Has(labels, name)) return labels;
        var renamed = Exported + name;
        while (Has(labels, renamed)) renamed = Exported + renamed;
        return Sorted(labels.Select(label => label.Name == name ? label with { Name = renamed } : label));
    }

    public static IReadOnlyList<Label> AddTo(IReadOnlyList<Label> labels, string name, string value) =>
        Sorted(MakeRoom(labels, name).Append(new Label(name, value)));

    private static bool Has(IReadOnlyList<Label> labels, string name) => labels.Any(label => label.Name == name);

    private static Label[] Sorted(IEnumerable<Label> labels) => [.. labels.OrderBy(label => label.Name, StringComparer.Ordinal)];
}

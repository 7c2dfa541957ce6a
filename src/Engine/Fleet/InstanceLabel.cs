using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Fleet;

/// <summary>The label that distinguishes hosts.</summary>
internal static class InstanceLabel
{
    public const string Name = "instance";

    private const string Exported = "exported_";

    /// <summary>Renames an existing label of that name, as Prometheus does.</summary>
    public static IReadOnlyList<Label> MakeRoom(IReadOnlyList<Label> labels)
    {
        if (!Has(labels, Name)) return labels;
        var renamed = Exported + Name;
        while (Has(labels, renamed)) renamed = Exported + renamed;
        return Sorted(labels.Select(label => label.Name == Name ? label with { Name = renamed } : label));
    }

    public static IReadOnlyList<Label> AddTo(IReadOnlyList<Label> labels, string instance) =>
        instance.Length == 0 ? labels : Sorted(MakeRoom(labels).Append(new Label(Name, instance)));

    private static bool Has(IReadOnlyList<Label> labels, string name) => labels.Any(label => label.Name == name);

    private static Label[] Sorted(IEnumerable<Label> labels) => [.. labels.OrderBy(label => label.Name, StringComparer.Ordinal)];
}

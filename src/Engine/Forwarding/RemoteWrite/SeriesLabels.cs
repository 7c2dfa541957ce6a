using System.Collections.Immutable;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Forwarding.RemoteWrite;

/// <summary>The labels of a series as receivers require them: sorted, unique, not empty, including the name.</summary>
internal static class SeriesLabels
{
    internal const string Name = "__name__";

    /// <summary>The prefix for a label with the name of a target label, as in a scrape.</summary>
    private const string Exported = "exported_";

    /// <summary>The labels of a sample, combined with the labels of every series.</summary>
    internal static ImmutableArray<Label> Of(SnapshotSample sample, ImmutableArray<Label> common)
    {
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal) { [Name] = sample.Name };
        foreach (var label in common) labels.Add(label.Name, label.Value);
        foreach (var label in sample.Labels)
        {
            if (label.Value.Length == 0) continue;
            var name = label.Name;
            while (labels.ContainsKey(name)) name = Exported + name;
            labels.Add(name, label.Value);
        }
        return [.. labels.Select(label => new Label(label.Key, label.Value))];
    }

    /// <summary>The identity of a series among all.</summary>
    internal static string KeyOf(IEnumerable<Label> labels) =>
        string.Join('\n', labels.Select(label => $"{label.Name.Length}={label.Name}={label.Value.Length}={label.Value}"));

    /// <summary>The labels as version 1.0 requires them, which has no other names than those of letters, digits and underscores.</summary>
    internal static ImmutableArray<Label> Escape(IEnumerable<Label> labels) =>
    [
        .. labels.Select(label => label.Name == Name
                ? label with { Value = NameSyntax.EscapeMetric(label.Value, NameEscaping.Underscores) }
                : label with { Name = NameSyntax.EscapeLabel(label.Name, NameEscaping.Underscores) })
            .DistinctBy(label => label.Name).OrderBy(label => label.Name, StringComparer.Ordinal),
    ];
}

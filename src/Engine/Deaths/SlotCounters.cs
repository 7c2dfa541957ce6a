using System.Collections.Immutable;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;

namespace GunicornPrometheusExporter.Deaths;

/// <summary>What the counters of a dead worker's slot show of its requests, read once for all of them. Immutable.</summary>
internal sealed class SlotCounters
{
    private readonly LabelBounds _bounds;
    private readonly Dictionary<int, ImmutableArray<Label>> _extraLabels = [];

    internal SlotCounters(EntryWalk walk, int maximumLabelValues)
    {
        _bounds = new(maximumLabelValues);
        while (walk.MoveNext())
        {
            if (ReadKey.TryParse(walk.Key) is not { } key) continue;
            _bounds.Learn(walk.Key);
            ImmutableArray<Label> extra = [.. key.Labels.Where(label => ExtraLabel.IsName(label.Name))];
            if (!extra.IsEmpty) _extraLabels[walk.ValueOffset] = extra;
        }
    }

    /// <summary>Whether the slot has series of a path, so that its worker would have used them for any response.</summary>
    internal bool Knows(string path) => _bounds.Endpoints.TryFind(path, out _);

    /// <summary>The extra labels of the entry at an offset; empty if it has none, or there is no entry.</summary>
    internal ImmutableArray<Label> ExtraLabelsAt(int offset) => _extraLabels.GetValueOrDefault(offset, []);
}

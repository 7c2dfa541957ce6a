using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Snapshots;

/// <summary>Shares one object among equal samples of many layouts: the hosts of one application have mostly the same samples.</summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class SharedSamples
{
    private const int SamplesWorthForgetting = 4096;

    private readonly HashSet<SnapshotSample> _samples = [];
    private int _forgetAt = SamplesWorthForgetting;

    /// <summary>Whether enough samples were added to make removing the unused ones worthwhile.</summary>
    public bool IsLarge => _samples.Count >= _forgetAt;

    public SnapshotLayout Share(SnapshotLayout layout) =>
        new([.. layout.Families.Select(family => family with { Samples = Share(family.Samples) })]);

    /// <summary>Removes every sample that the given layouts, whose samples are shared, do not contain.</summary>
    public void Keep(IEnumerable<SnapshotLayout> layouts)
    {
        _samples.Clear();
        foreach (var family in layouts.SelectMany(layout => layout.Families)) _samples.UnionWith(family.Samples);
        _forgetAt = Math.Max(SamplesWorthForgetting, 2 * _samples.Count);
    }

    private ImmutableArray<SnapshotSample> Share(ImmutableArray<SnapshotSample> samples)
    {
        var shared = new SnapshotSample[samples.Length];
        for (var i = 0; i < shared.Length; i++)
        {
            if (!_samples.TryGetValue(samples[i], out var known)) _samples.Add(known = samples[i]);
            shared[i] = known;
        }
        return ImmutableCollectionsMarshal.AsImmutableArray(shared);
    }
}

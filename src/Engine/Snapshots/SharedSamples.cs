using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Snapshots;

/// <summary>Makes equal samples of many layouts one object: a thousand hosts of one application differ in a few.</summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class SharedSamples
{
    private const int SamplesWorthForgetting = 4096;

    private readonly HashSet<SnapshotSample> _samples = new(new SampleComparer());
    private int _forgetAt = SamplesWorthForgetting;

    /// <summary>Whether so many were added that removing the unused ones is worthwhile.</summary>
    public bool IsLarge => _samples.Count >= _forgetAt;

    /// <summary>The same layout, with shared samples.</summary>
    public SnapshotLayout Share(SnapshotLayout layout) =>
        new([.. layout.Families.Select(family => family with { Samples = Share(family.Samples) })]);

    /// <summary>Removes every sample that is in none of the layouts.</summary>
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

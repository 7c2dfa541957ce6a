using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Forwarding;

/// <summary>Shares one object among equal texts, samples and families of many layouts.</summary>
/// <remarks>
/// The hosts of one application have mostly the same. A known sample is found by the numbers of its texts, without creating it
/// again. Not thread-safe.
/// </remarks>
internal sealed class SharedSamples
{
    private const int SamplesWorthForgetting = 4096;

    private readonly Dictionary<string, (string Text, int Number)> _texts = new(StringComparer.Ordinal);
    private readonly Dictionary<byte[], SnapshotSample> _samples = new(HeadComparer.Instance);
    private readonly Dictionary<byte[], SnapshotSample>.AlternateLookup<ReadOnlySpan<byte>> _lookup;
    private readonly HashSet<SnapshotFamily> _families = new(new BySamples());
    private int _lastNumber;
    private int _forgetAt = SamplesWorthForgetting;

    public SharedSamples() => _lookup = _samples.GetAlternateLookup<ReadOnlySpan<byte>>();

    /// <summary>Whether enough samples were added to make removing the unused ones worthwhile.</summary>
    public bool IsLarge => _samples.Count >= _forgetAt;

    public (string Text, int Number) Share(string text)
    {
        if (!_texts.TryGetValue(text, out var shared)) _texts.Add(text, shared = (text, ++_lastNumber));
        return shared;
    }

    /// <summary>Finds the sample whose name, label names and label values have these numbers.</summary>
    public bool TryFind(ReadOnlySpan<int> texts, out SnapshotSample sample) =>
        _lookup.TryGetValue(MemoryMarshal.AsBytes(texts), out sample!);

    public void Add(ReadOnlySpan<int> texts, SnapshotSample sample) => _lookup[MemoryMarshal.AsBytes(texts)] = sample;

    /// <summary>The shared object of a family whose samples are shared.</summary>
    public SnapshotFamily Share(SnapshotFamily family)
    {
        if (_families.TryGetValue(family, out var known)) return known;
        _families.Add(family);
        return family;
    }

    /// <summary>Removes everything that the given layouts, which are shared, do not contain.</summary>
    public void Keep(IEnumerable<SnapshotLayout> layouts)
    {
        var families = layouts.SelectMany(layout => layout.Families).ToHashSet<SnapshotFamily>(ReferenceEqualityComparer.Instance);
        _families.IntersectWith(families);
        var samples = families.SelectMany(family => family.Samples).ToHashSet<SnapshotSample>(ReferenceEqualityComparer.Instance);
        var numbers = new HashSet<int>();
        foreach (var (key, sample) in _samples)
        {
            if (samples.Contains(sample)) numbers.UnionWith(MemoryMarshal.Cast<byte, int>(key).ToArray());
            else _samples.Remove(key);
        }
        foreach (var (text, shared) in _texts)
        {
            if (!numbers.Contains(shared.Number)) _texts.Remove(text);
        }
        _forgetAt = Math.Max(SamplesWorthForgetting, 2 * _samples.Count);
    }

    private sealed class BySamples : IEqualityComparer<SnapshotFamily>
    {
        public bool Equals(SnapshotFamily? one, SnapshotFamily? other)
        {
            if (ReferenceEquals(one, other)) return true;
            if (one is null || other is null || one.Samples.Length != other.Samples.Length) return false;
            if ((one.Name, one.Type, one.Mode, one.Help) != (other.Name, other.Type, other.Mode, other.Help)) return false;
            for (var i = 0; i < one.Samples.Length; i++)
            {
                if (!ReferenceEquals(one.Samples[i], other.Samples[i])) return false;
            }
            return true;
        }

        public int GetHashCode(SnapshotFamily family)
        {
            var hash = new HashCode();
            hash.Add(family.Name);
            foreach (var sample in family.Samples) hash.Add(RuntimeHelpers.GetHashCode(sample));
            return hash.ToHashCode();
        }
    }
}

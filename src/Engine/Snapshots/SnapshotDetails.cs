using System.Collections.Frozen;
using System.Collections.Immutable;
using GunicornPrometheusExporter.HistogramDetails;

namespace GunicornPrometheusExporter.Snapshots;

/// <summary>What belongs to the samples of a snapshot besides their values. Immutable.</summary>
/// <param name="Created">When each sample was 0, in seconds since the epoch; 0 if unknown.</param>
/// <param name="Exemplars">The exemplars, by the index of the sample of their bucket.</param>
/// <param name="Natives">The native histograms, by the index of the sample of their sum.</param>
internal sealed record SnapshotDetails(
    ImmutableArray<double> Created, FrozenDictionary<int, Exemplar> Exemplars, FrozenDictionary<int, NativeCounts> Natives);

/// <summary>The counts of a native histogram. Immutable.</summary>
/// <param name="Schema">The resolution: each bound is 2^(2^-schema) times the one below.</param>
/// <param name="ZeroCount">The observations up to <see cref="NativeHistogramFormat.ZeroThreshold"/>.</param>
/// <param name="Count">All observations.</param>
/// <param name="First">The index of the first bucket; the upper bound of bucket i is 2^(i * 2^-schema).</param>
/// <param name="Buckets">The count of each bucket alone.</param>
internal sealed record NativeCounts(int Schema, ulong ZeroCount, ulong Count, int First, ImmutableArray<ulong> Buckets);

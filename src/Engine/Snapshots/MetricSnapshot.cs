using System.Collections.Immutable;
using GunicornPrometheusExporter.Incidents;

namespace GunicornPrometheusExporter.Snapshots;

/// <summary>The values of a store at one moment. Immutable.</summary>
/// <param name="Layout">The series of the values; the same object as long as the set of series does not change.</param>
/// <param name="Values">One value per sample, in the order of the layout; <see cref="Absent"/> if the sample has no value.</param>
internal sealed record MetricSnapshot(DateTimeOffset Time, SnapshotLayout Layout, ReadOnlyMemory<double> Values)
{
    /// <summary>The last incidents of the store; the same object as long as there is no other.</summary>
    public ImmutableArray<Incident> Incidents { get; init; } = [];

    /// <summary>Start times, exemplars and native histograms; null if they were not read.</summary>
    public SnapshotDetails? Details { get; init; }

    /// <summary>The mark of a sample without a value: the NaN that Prometheus uses as a stale marker.</summary>
    public static double Absent { get; } = BitConverter.UInt64BitsToDouble(0x7ff0_0000_0000_0002);

    /// <summary>Whether a value is <see cref="Absent"/>, which a comparison of numbers cannot detect.</summary>
    public static bool IsAbsent(double value) => BitConverter.DoubleToUInt64Bits(value) == BitConverter.DoubleToUInt64Bits(Absent);
}

namespace GunicornPrometheusExporter.Forwarding;

/// <summary>One reading of a store, as it was served at that moment. Immutable.</summary>
/// <param name="Time">When it was read.</param>
/// <param name="Layout">What its values are of; the same object as long as no series came or went.</param>
/// <param name="Values">One value a sample, in the order of the layout; <see cref="Absent"/> where there is none now.</param>
internal sealed record MetricSnapshot(DateTimeOffset Time, SnapshotLayout Layout, ReadOnlyMemory<double> Values)
{
    /// <summary>The value of a sample that has none: the not-a-number that Prometheus takes for the end of a series.</summary>
    public static double Absent { get; } = BitConverter.UInt64BitsToDouble(0x7ff0_0000_0000_0002);

    /// <summary>Whether a value is <see cref="Absent"/>, which no comparison of numbers tells.</summary>
    public static bool IsAbsent(double value) => BitConverter.DoubleToUInt64Bits(value) == BitConverter.DoubleToUInt64Bits(Absent);
}

namespace GunicornPrometheusExporter.Exporter.StatusPage;

/// <summary>How the values of a chart are written. The script writes them in the same way.</summary>
/// <param name="Name">The name for the script.</param>
/// <param name="Scale">A round value is a multiple of this.</param>
/// <param name="LeastTop">The least value at the top of an axis, of which half is a value too.</param>
internal sealed record ChartUnit(string Name, Func<double?, string> Show, double Scale = 1, double LeastTop = 0)
{
    internal static ChartUnit Rate { get; } = new("rate", Readings.Show.Rate);

    internal static ChartUnit Count { get; } = new("count", Readings.Show.Count, LeastTop: 2);

    internal static ChartUnit Seconds { get; } = new("seconds", Readings.Show.Seconds);

    internal static ChartUnit Share { get; } = new("share", Readings.Show.Percent);

    internal static ChartUnit Bytes { get; } = new("bytes", Readings.Show.Megabytes, 1 << 20);
}

namespace GunicornPrometheusExporter.Exporter.Trends;

/// <summary>What a chart covers.</summary>
/// <param name="Name">The value of <c>range</c> in the address of the page.</param>
/// <param name="Title">The name for people.</param>
/// <param name="Step">The distance of the points.</param>
internal sealed record TrendRange(string Name, string Title, TimeSpan Step, int Points)
{
    internal static TrendRange Recent { get; } = new("15m", "15 minutes", TimeSpan.FromSeconds(5), 180);

    internal static TrendRange Day { get; } = new("24h", "24 hours", TimeSpan.FromMinutes(1), 1440);

    /// <summary>The same range for one host of a hub, which has thousands: a third of the points.</summary>
    internal TrendRange OfHost => this with { Step = Step * 3, Points = Points / 3 };

    internal TimeSpan Length => Step * Points;
}

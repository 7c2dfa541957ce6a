namespace GunicornPrometheusExporter.Exporter.Profiles;

/// <summary>What to profile.</summary>
/// <param name="Rate">Samples per second and worker.</param>
/// <param name="WorkerId">One worker; null for all.</param>
/// <param name="Route">Requests of one route only; null for all.</param>
internal sealed record ProfileRequest(double Seconds, double Rate, string? WorkerId, string? Route)
{
    internal const double LongestSeconds = 600;
    internal const double HighestRate = 50;
    internal const double DefaultSeconds = 30;
}

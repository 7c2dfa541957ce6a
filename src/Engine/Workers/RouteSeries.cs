using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Recording;

namespace GunicornPrometheusExporter.Workers;

/// <summary>Where a finished request of one method, endpoint and status is recorded.</summary>
/// <param name="Requests">Its count by route.</param>
/// <param name="Failed">Its count among the failed, <see cref="Cell.IsNone"/> if it did not fail.</param>
/// <param name="Duration">Its latency by route.</param>
/// <param name="Overflow">Its count among those past a bound, <see cref="Cell.IsNone"/> if it has its own series.</param>
internal sealed record RouteSeries(Cell Requests, Cell Failed, HistogramCells Duration, Cell Overflow)
{
    /// <summary>Whether the store had no room for some of it.</summary>
    internal bool IsIncomplete => Requests.IsNone || Duration.IsNone;

    /// <summary>Whether the request has series of its own, all of them.</summary>
    internal bool IsWhole { get; } = Overflow.IsNone && !Requests.IsNone && !Duration.IsNone;
}

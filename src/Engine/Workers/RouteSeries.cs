using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Recording;

namespace GunicornPrometheusExporter.Workers;

/// <summary>The cells that record a finished request of one method, endpoint and status.</summary>
/// <param name="Failed">The count of failures, or <see cref="Cell.IsNone"/> if the status is no failure.</param>
/// <param name="Overflow">The count of requests beyond a limit, or <see cref="Cell.IsNone"/> if it has its own series.</param>
internal sealed record RouteSeries(Cell Requests, Cell Failed, HistogramCells Duration, Cell Overflow)
{
    /// <summary>Whether the store had no room for some of them.</summary>
    internal bool IsIncomplete => Requests.IsNone || Duration.IsNone;

    /// <summary>Whether the request has its own series, all of them.</summary>
    internal bool IsWhole { get; } = Overflow.IsNone && !Requests.IsNone && !Duration.IsNone;

    /// <summary>Whether the operator excludes the request: it is counted in <see cref="Requests"/> at most.</summary>
    internal bool IsExcluded { get; init; }

    /// <summary>The times to the first byte; <see cref="HistogramCells.None"/> where they are not recorded.</summary>
    internal HistogramCells FirstByte { get; init; } = HistogramCells.None;

    internal string Method { get; init; } = LabelBounds.Other;

    internal string Endpoint { get; init; } = LabelBounds.Other;

    /// <summary>The count of slow requests; <see cref="Cell.IsNone"/> before the first.</summary>
    internal Cell Slow { get; set; }

    private double _lastCount = Requests.IsNone ? 0 : Requests.Value;

    /// <summary>Whether there were requests since the last call, or since the worker found the series.</summary>
    internal bool HasGrown()
    {
        var hasGrown = !Requests.IsNone && Requests.Value > _lastCount;
        if (hasGrown) _lastCount = Requests.Value;
        return hasGrown;
    }
}

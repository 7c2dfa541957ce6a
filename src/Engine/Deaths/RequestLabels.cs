using System.Globalization;
using System.Text;
using GunicornPrometheusExporter.Flights;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;
using GunicornPrometheusExporter.Routes;
using GunicornPrometheusExporter.Workers;

namespace GunicornPrometheusExporter.Deaths;

/// <summary>The labels of a lost or running request, as its worker would have set them.</summary>
internal sealed class RequestLabels
{
    private readonly SlowThresholds _slow;
    private readonly bool _isLasting;

    internal RequestLabels(FlightRequest request, RoutePatterns? patterns, RequestChoice choice)
    {
        Method = choice.MethodOf(Encoding.UTF8.GetBytes(request.Method));
        IsUnmatched = request.Route == EndpointBounds.Unmatched;
        Route = RequestRoute.Of(request.Path, request.Route, patterns, out var isRouted);
        IsRouted = isRouted;
        IsExcluded = choice.Excludes(EndpointNormalizer.PathOf(request.Path)) || choice.Excludes(Route);
        CountsExcluded = choice.CountsExcluded;
        var isStatus = request.Status is >= 100 and <= 999;
        Status = isStatus ? request.Status.ToString(CultureInfo.InvariantCulture) : LabelBounds.Other;
        MayBeUnmatched = RouteSeriesTable.IsUnmatched(request.Status);
        _slow = choice.Slow;
        _isLasting = request.IsLasting;
        IsFailed = isStatus && request.Status >= RouteSeriesTable.FirstFailure;
    }

    internal string Method { get; }

    /// <summary>The route of the framework or of a pattern, otherwise the normalised path. Not yet limited to the known values.</summary>
    internal string Route { get; }

    internal string Status { get; }

    /// <summary>Whether <see cref="Route"/> is the framework's.</summary>
    internal bool IsRouted { get; }

    /// <summary>Whether the operator excludes it from what is counted.</summary>
    internal bool IsExcluded { get; }

    /// <summary>Whether one family counts excluded requests.</summary>
    internal bool CountsExcluded { get; }

    /// <summary>Whether the framework found no route.</summary>
    internal bool IsUnmatched { get; }

    /// <summary>Whether the response left open whether the path exists.</summary>
    internal bool MayBeUnmatched { get; }

    internal bool IsFailed { get; }

    /// <summary>The labels of the count by route and status.</summary>
    internal Label[] At(string endpoint) => [.. OfRoute(endpoint), new(MetricCatalogue.StatusCode, Status)];

    internal Label[] OfRoute(string endpoint) => [new("method", Method), new(EndpointBounds.Label, endpoint)];

    /// <summary>After how many seconds the request is slow; infinity if it never is.</summary>
    /// <param name="timeout">Gunicorn's setting <c>timeout</c> in its worker, in seconds.</param>
    internal double SlowAfter(double timeout) => _isLasting || IsExcluded ? double.PositiveInfinity : _slow.Of(Route, timeout);
}

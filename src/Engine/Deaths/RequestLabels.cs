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
    internal RequestLabels(FlightRequest request, RoutePatterns? patterns, RequestChoice choice)
    {
        Method = choice.MethodOf(Encoding.UTF8.GetBytes(request.Method));
        IsUnmatched = request.Route == EndpointBounds.Unmatched;
        var route = request.Route.Length == 0 ? patterns?.Find(request.Path) : IsUnmatched ? null : request.Route;
        IsRouted = route is not null;
        Route = route ?? Normalized(request.Path);
        IsExcluded = choice.Excludes(EndpointNormalizer.PathOf(request.Path)) || choice.Excludes(Route);
        CountsExcluded = choice.CountsExcluded;
        var isStatus = request.Status is >= 100 and <= 999;
        Status = isStatus ? request.Status.ToString(CultureInfo.InvariantCulture) : LabelBounds.Other;
        MayBeUnmatched = RouteSeriesTable.IsUnmatched(request.Status);
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

    /// <summary>The labels of the count by route.</summary>
    internal Label[] At(string endpoint) =>
        [new("method", Method), new(EndpointBounds.Label, endpoint), new(MetricCatalogue.StatusCode, Status)];

    private static string Normalized(string path)
    {
        Span<char> endpoint = stackalloc char[EndpointNormalizer.MaximumLength];
        return endpoint[..EndpointNormalizer.Normalize(path, endpoint)].ToString();
    }
}

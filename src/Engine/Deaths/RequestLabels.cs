using System.Globalization;
using System.Text;
using GunicornPrometheusExporter.Flights;
using GunicornPrometheusExporter.Recording;
using GunicornPrometheusExporter.Routes;
using GunicornPrometheusExporter.Workers;

namespace GunicornPrometheusExporter.Deaths;

/// <summary>The labels of a lost or running request, as its worker would have set them.</summary>
internal sealed class RequestLabels
{
    internal const string Endpoint = RouteSeriesTable.EndpointLabel;

    internal RequestLabels(FlightRequest request, RoutePatterns? patterns)
    {
        Method = HttpMethods.LabelOf(Encoding.UTF8.GetBytes(request.Method));
        Route = request.Route.Length > 0 ? request.Route : patterns?.Find(request.Path) ?? Normalized(request.Path);
        var isStatus = request.Status is >= 100 and <= 999;
        Status = isStatus ? request.Status.ToString(CultureInfo.InvariantCulture) : LabelBounds.Other;
        IsFailed = isStatus && request.Status >= RouteSeriesTable.FirstFailure;
    }

    internal string Method { get; }

    /// <summary>The route of the framework or of a pattern, else the normalised path; its number of values is not bounded.</summary>
    internal string Route { get; }

    internal string Status { get; }

    internal bool IsFailed { get; }

    private static string Normalized(string path)
    {
        Span<char> endpoint = stackalloc char[EndpointNormalizer.MaximumLength];
        return endpoint[..EndpointNormalizer.Normalize(path, endpoint)].ToString();
    }
}

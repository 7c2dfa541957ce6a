using System.Globalization;
using System.Text;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Workers;

/// <summary>Every route series of this process, found by method, path and status as the request gave them.</summary>
/// <remarks>
/// Bounded by the bounds on labels, whatever is requested. A path of a known route allocates nothing. Not thread-safe.
/// </remarks>
internal sealed class RouteSeriesTable(MetricWriter writer)
{
    private const string EndpointLabel = "endpoint";
    private const int FirstFailure = 400;
    private const int LongestPath = 1024;

    private readonly Dictionary<(string Method, string Endpoint, int Status), RouteSeries> _series = [];
    private readonly Dictionary<(string Method, string Endpoint), HistogramCells> _durations = [];

    /// <summary>The series of a request.</summary>
    /// <param name="method">The method, in UTF-8.</param>
    /// <param name="path">The path, in UTF-8.</param>
    /// <param name="status">The status that the client got.</param>
    internal RouteSeries Find(ReadOnlySpan<byte> method, ReadOnlySpan<byte> path, int status)
    {
        var label = HttpMethods.LabelOf(method);
        var endpoint = EndpointOf(path);
        if (status is < 100 or > 999) status = 0;
        if (!_series.TryGetValue((label, endpoint, status), out var series))
        {
            series = Locate(label, endpoint, status);
            if (!series.Requests.IsNone) _series[(label, endpoint, status)] = series;
        }
        return series;
    }

    /// <summary>The endpoint label of a path.</summary>
    internal string EndpointOf(ReadOnlySpan<byte> path)
    {
        Span<char> text = stackalloc char[LongestPath];
        Span<char> endpoint = stackalloc char[EndpointNormalizer.MaximumLength];
        var length = Encoding.UTF8.GetChars(path[..Math.Min(path.Length, LongestPath)], text);
        length = EndpointNormalizer.Normalize(text[..length], endpoint);
        return writer.TryAdmit(EndpointLabel, endpoint[..length], out var admitted) ? admitted : LabelBounds.Other;
    }

    private RouteSeries Locate(string method, string endpoint, int status)
    {
        var code = status == 0 ? LabelBounds.Other : status.ToString(CultureInfo.InvariantCulture);
        if (!_durations.TryGetValue((method, endpoint), out var duration))
        {
            duration = writer.LocateHistogram(MetricCatalogue.HttpRequestDuration, [method, endpoint]);
            if (!duration.IsNone) _durations[(method, endpoint)] = duration;
        }
        return new RouteSeries(
            writer.Locate(MetricCatalogue.HttpRequests, [method, endpoint, code]),
            status >= FirstFailure
                ? writer.Locate(MetricCatalogue.WorkerFailedRequests, [writer.WorkerId, method, endpoint, code])
                : default,
            duration,
            endpoint == LabelBounds.Other ? writer.OverflowOf(EndpointLabel) : default);
    }
}

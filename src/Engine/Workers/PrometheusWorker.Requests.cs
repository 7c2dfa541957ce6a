using System.Text;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Store;

namespace GunicornPrometheusExporter.Workers;

/// <remarks>The request path of ARCHITECTURE.md, steps 5 and 6.</remarks>
public sealed partial class PrometheusWorker
{
    private readonly RequestCache _cache = new();
    private readonly RouteSeriesTable _routes;
    private readonly Cell _requests;
    private readonly HistogramCells? _duration;

    /// <summary>Records one finished request, in every family that tells of it.</summary>
    /// <param name="method">The method, in UTF-8.</param>
    /// <param name="path">The path as requested, in UTF-8.</param>
    /// <param name="status">The status that the client got.</param>
    /// <param name="seconds">From the parsed request to the finished response.</param>
    public void HandleRequest(ReadOnlySpan<byte> method, ReadOnlySpan<byte> path, int status, double seconds)
    {
        // 5 Resolve the label set to its cells, and add.
        var series = _cache.Find(method, path, status);
        if (series is null)
        {
            series = _routes.Find(method, path, status);
            _cache.Put(method, path, status, series);
        }
        _requests.Add(1);
        _duration?.Observe(seconds);
        series.Requests.Add(1);
        series.Failed.Add(1);
        series.Duration.Observe(seconds);
        series.Overflow.Add(1);
        if (series.IsIncomplete) Metrics.Drop();
        // 6 It is in the page cache now, whatever happens to the process.
    }

    /// <summary>Records an exception that reached the worker.</summary>
    /// <param name="method">The method of the request, in UTF-8.</param>
    /// <param name="path">The path of the request, in UTF-8.</param>
    /// <param name="errorType">The exception's class name, in UTF-8.</param>
    public void HandleError(ReadOnlySpan<byte> method, ReadOnlySpan<byte> path, ReadOnlySpan<byte> errorType)
    {
        var endpoint = _routes.EndpointOf(path);
        if (endpoint == LabelBounds.Other) Metrics.OverflowOf("endpoint").Add(1);
        var name = Encoding.UTF8.GetString(errorType[..Math.Min(errorType.Length, MetricWriter.MaximumValueLength)]);
        Metrics.Add(
            MetricCatalogue.WorkerErrorHandling, 1,
            WorkerId, HttpMethods.LabelOf(method), endpoint, name);
    }
}

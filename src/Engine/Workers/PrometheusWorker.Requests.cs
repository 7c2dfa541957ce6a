using System.Text;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Flights;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;

namespace GunicornPrometheusExporter.Workers;

/// <remarks>The request path of ARCHITECTURE.md, steps 2, 5 and 6.</remarks>
internal sealed partial class PrometheusWorker
{
    // In seconds. A longer wait is a clock error or invented by a client: proxies give up after minutes.
    private const double LongestWait = 3_600;

    // The clocks of two machines may differ by this much, in seconds.
    private const double LargestSkew = 1;

    // The status of a request that fails before its response begins.
    private const int FailedStatus = 500;

    // The length of a body whose size is unknown.
    private const long NoLength = -1;

    private readonly FlightTableWriter _flight;
    private readonly RequestCache _cache = new();

    // The bytes of files that requests in flight have sent, by token. Gunicorn does not count them.
    private readonly Dictionary<long, long> _fileBytes = [];
    private readonly RouteSeriesTable _routes;
    private readonly Cell _requests;
    private readonly HistogramCells _duration;
    private readonly HistogramCells _requestSize;
    private readonly HistogramCells _responseSize;
    private HistogramCells? _queue;
    private readonly Cell _invalidQueueHeaders;
    private readonly Cell _invalidContentLengths;

    /// <summary>Sets the most requests that the worker handles at once; 0 if unknown.</summary>
    public void SetCapacity(int requests) => _flight.SetCapacity(requests);

    /// <summary>Records a request that Gunicorn has parsed, in a place that survives the worker's death.</summary>
    /// <param name="method">In UTF-8.</param>
    /// <param name="path">As requested, in UTF-8.</param>
    /// <returns>A token of the request, valid until it finishes; -1 if too many are in flight.</returns>
    public long RequestStarted(ReadOnlySpan<byte> method, ReadOnlySpan<byte> path, in RequestHeaders headers)
    {
        // 2 The flight-recorder entry.
        var now = MonotonicClock.Seconds();
        var token = _flight.Begin(method, path, now);
        if (!_threadWait.IsNone) PlanThreadWait();
        _flight.Commit(now);
        if (_seesPolls) NoteStart(now, token);
        if (_flight.TryFind(token, out var entry))
        {
            if (!headers.TraceParent.IsEmpty)
            {
                var trace = HeaderValues.TraceId(headers.TraceParent);
                entry.Trace = trace;
                entry.Span = HeaderValues.SampledSpanId(headers.TraceParent, trace);
            }
            if (headers.IsHandshake) entry.MarkHandshake();
            if (headers.IsChunked) entry.Length = NoLength;
            else if (!headers.ContentLength.IsEmpty) entry.Length = LengthOf(headers.ContentLength);
            if (!headers.QueueStart.IsEmpty) entry.Queue = QueueSeconds(headers.QueueStart);
        }
        return token;
    }

    /// <summary>Gives a request the values that <see cref="ExtraLabels"/> has found.</summary>
    public void RequestDescribed(long token)
    {
        if (_flight.TryFind(token, out var entry)) entry.Labels = ExtraLabels!.Find();
    }

    /// <summary>Admits a route that the application declares, before requests have it; in UTF-8.</summary>
    public void RouteDeclared(ReadOnlySpan<byte> route) => _routes.Declare(route);

    /// <summary>
    /// Sets the route that the framework found for a request or a WebSocket, or <see cref="EndpointBounds.Unmatched"/>; without it,
    /// the path is normalised.
    /// </summary>
    public void RequestRouted(long token, ReadOnlySpan<byte> route)
    {
        if (_flight.TryFind(token, out var entry)) entry.Route = route;
        else WebSockets.Route(token, route);
    }

    /// <summary>Records that the client is about to receive the first byte of a response.</summary>
    /// <param name="isStream">Whether the response is a stream of server-sent events.</param>
    public void RequestResponding(long token, int status, bool isStream = false)
    {
        if (!_flight.TryFind(token, out var entry)) return;
        if (_routes.TimesFirstByte && entry.Status == 0) entry.FirstByte = MonotonicClock.Seconds() - entry.Started;
        if (isStream) entry.MarkStream();
        entry.Respond(status);
    }

    /// <summary>
    /// Records the exception that made a request fail, at most one for each request: framework and server may both report it.
    /// Call it before the request is finished.
    /// </summary>
    /// <param name="errorType">The exception's class name, in UTF-8.</param>
    /// <returns>Whether the caller should also call <see cref="RequestRaised"/>.</returns>
    public bool RequestFailed(long token, ReadOnlySpan<byte> errorType)
    {
        // The code of a WebSocket shows its exception.
        if (token < FlightTableWriter.NoEntry) return false;
        ReadOnlySpan<byte> method = default;
        var endpoint = LabelBounds.Other;
        if (_flight.TryFind(token, out var entry))
        {
            if (!entry.Fail()) return false;
            method = entry.Method;
            endpoint = EndpointOf(entry, entry.Status is 0 ? FailedStatus : entry.Status);
        }
        HandleError(method, endpoint, errorType);
        return endpoint != EndpointBounds.Excluded && HasRoomForException();
    }

    public void RequestSentFile(long token, long bytes)
    {
        if (_flight.TryFind(token, out _)) _fileBytes[token] = bytes;
    }

    /// <summary>Records a finished request in every family that counts it.</summary>
    /// <param name="status">The status that the client received.</param>
    /// <param name="responseBytes">The size of the response's body without the file that it sent, in bytes.</param>
    public void RequestFinished(long token, int status, long responseBytes)
    {
        if (!_flight.TryFind(token, out var entry))
        {
            // Too many requests were in flight for this one to have an entry: it is counted, but its route and duration are unknown.
            if (token == FlightTableWriter.NoEntry) Count(_routes.Find(default, LabelBounds.Other, status));
            Metrics.Drop();
            return;
        }
        if (_fileBytes.Count > 0 && _fileBytes.Remove(token, out var fileBytes)) responseBytes += fileBytes;
        var now = MonotonicClock.Seconds();
        if (_seesPolls) NoteEnd(now, entry, status);
        // 5 Resolve the label set to its cells, and plan the additions.
        var series = SeriesOf(entry, status);
        if (series.IsExcluded)
        {
            _flight.Plan(series.Requests, 1);
            _flight.Commit(now, token);
            Heartbeat(now, LongestWithoutHeartbeat);
            return;
        }
        Plan(series);
        var seconds = now - entry.Started;
        if (!entry.IsStream) PlanDuration(entry, series, seconds);
        if (_routes.IsSlow(entry, seconds)) PlanSlow(series);
        if (entry.Status != 0) series.FirstByte.Plan(_flight, entry.FirstByte);
        if (entry.Length != NoLength) _requestSize.Plan(_flight, entry.Length);
        _responseSize.Plan(_flight, responseBytes);
        if (!double.IsNaN(entry.Queue)) Queue.Plan(_flight, entry.Queue);
        // 6 One store counts the request and ends its flight, whatever happens to the process afterwards.
        _flight.Commit(now, token);
        Heartbeat(now, LongestWithoutHeartbeat);
        if (!series.IsWhole) Report(series);
    }

    /// <summary>Forgets a request that turned out not to be one.</summary>
    public void RequestAbandoned(long token)
    {
        _fileBytes.Remove(token);
        if (_flight.TryFind(token, out _)) _flight.Commit(MonotonicClock.Seconds(), token);
    }

    /// <summary>Records a request that could not be parsed, with the parser's exception.</summary>
    public void RequestInvalid(int status, ReadOnlySpan<byte> errorType)
    {
        Count(_routes.Find(default, EndpointBounds.Invalid, status));
        HandleError(default, EndpointBounds.Invalid, errorType);
    }

    /// <summary>Records an exception that reached the worker; all arguments are in UTF-8.</summary>
    public void HandleError(ReadOnlySpan<byte> method, ReadOnlySpan<byte> path, ReadOnlySpan<byte> errorType) =>
        HandleError(method, _routes.EndpointOfPath(path, FailedStatus), errorType);

    private void Count(RouteSeries series)
    {
        Plan(series);
        _flight.Commit(MonotonicClock.Seconds());
        if (!series.IsWhole) Report(series);
    }

    /// <summary>Reports what a request lacks. Call it after the commit: logging may let other threads record.</summary>
    private void Report(RouteSeries series)
    {
        if (series.IsIncomplete) Metrics.Drop();
        Metrics.ReportFull();
    }

    private void Plan(RouteSeries series)
    {
        _flight.Plan(_requests, 1);
        _flight.Plan(series.Requests, 1);
        _flight.Plan(series.Failed, 1);
        _flight.Plan(series.Overflow, 1);
    }

    private void PlanSlow(RouteSeries series)
    {
        _flight.Plan(_routes.SlowOf(series, out var isMerged), 1);
        if (isMerged) _flight.Plan(Metrics.OverflowOf(MetricCatalogue.SeriesOverflow), 1);
    }

    private void PlanDuration(FlightEntry entry, RouteSeries series, double seconds)
    {
        // Both latency histograms have the same bounds.
        var bucket = series.Duration.BucketOf(seconds);
        AddDetails(entry, _duration, seconds, bucket);
        AddDetails(entry, series.Duration, seconds, bucket);
        _duration.Plan(_flight, seconds, bucket);
        series.Duration.Plan(_flight, seconds, bucket);
    }

    /// <summary>Adds to a histogram's exemplars and native histogram, before its cells get their values.</summary>
    private void AddDetails(FlightEntry entry, HistogramCells histogram, double seconds, int bucket)
    {
        if (histogram.Extras is not { } extras) return;
        extras.Observe(seconds);
        if (!entry.Span.IsEmpty) extras.Exemplify(seconds, bucket, entry.Started + seconds + _epoch, entry.Trace, entry.Span);
    }

    /// <summary>The times in a proxy's queue: only where a proxy reports them.</summary>
    private HistogramCells Queue =>
        _queue is { IsNone: false } queue ? queue : _queue = Metrics.LocateHistogram(MetricCatalogue.WorkerRequestQueue, [WorkerId]);

    private RouteSeries SeriesOf(FlightEntry entry, int status)
    {
        var isRouted = !entry.Route.IsEmpty;
        // The cache finds a request with a route by its route alone.
        if (isRouted && _routes.Excludes(entry.Path)) return _routes.Find(entry.Method, EndpointBounds.Excluded, status);
        var place = isRouted ? entry.Route : entry.Path;
        var series = _cache.Find(entry.Method, place, status, isRouted, entry.Labels);
        if (series is null)
        {
            var endpoint = EndpointOf(entry, status);
            series = _routes.Find(entry.Method, endpoint, status, entry.Labels);
            if (isRouted || RouteSeriesTable.IsLasting(endpoint))
            {
                _cache.Put(entry.Method, place, status, isRouted, entry.Labels, series);
            }
        }
        return series;
    }

    private string EndpointOf(FlightEntry entry, int status) =>
        entry.Route.IsEmpty ? _routes.EndpointOfPath(entry.Path, status)
        : _routes.Excludes(entry.Path) ? EndpointBounds.Excluded
        : _routes.EndpointOfRoute(entry.Route);

    private void HandleError(ReadOnlySpan<byte> method, string endpoint, ReadOnlySpan<byte> errorType)
    {
        if (endpoint == EndpointBounds.Excluded) return;
        if (endpoint == LabelBounds.Other) Metrics.OverflowOf(EndpointBounds.Label).Add(1);
        var name = Encoding.UTF8.GetString(errorType[..Math.Min(errorType.Length, MetricWriter.MaximumValueLength)]);
        Metrics.Add(MetricCatalogue.WorkerErrorHandling, 1, WorkerId, _routes.MethodOf(method), endpoint, name);
    }

    /// <summary>The length in a header; counts an impossible one and returns <see cref="NoLength"/>.</summary>
    private long LengthOf(ReadOnlySpan<byte> header)
    {
        if (HeaderValues.TryParseLength(header, out var length)) return length;
        _invalidContentLengths.Add(1);
        return NoLength;
    }

    /// <summary>The wait in a proxy's header; counts an implausible one and returns NaN.</summary>
    private double QueueSeconds(ReadOnlySpan<byte> header)
    {
        if (HeaderValues.TryParseTime(header, out var start))
        {
            var wait = (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds - start;
            if (wait is >= -LargestSkew and <= LongestWait) return Math.Max(0, wait);
        }
        _invalidQueueHeaders.Add(1);
        return double.NaN;
    }
}

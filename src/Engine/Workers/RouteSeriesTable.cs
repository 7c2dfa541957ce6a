using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Flights;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;
using GunicornPrometheusExporter.Routes;

namespace GunicornPrometheusExporter.Workers;

/// <summary>Every route series of this process, found by method, endpoint and status.</summary>
/// <remarks>
/// The limits on label values and on series bound it, whatever clients request: beyond the latter, a new combination of
/// method, endpoint and status uses the series of <see cref="LabelBounds.Other"/> in every family. A combination that is
/// known, or beyond a limit, allocates nothing. Not thread-safe.
/// </remarks>
internal sealed class RouteSeriesTable(MetricWriter writer, TimeProvider time)
{
    /// <summary>The lowest status that counts as a failure.</summary>
    internal const int FirstFailure = 400;

    // A new path replaces one that nobody has requested for this time, if the limit is reached.
    private static readonly TimeSpan LongestUnused = TimeSpan.FromHours(1);

    private const int LongestPath = 1024;

    // The client disconnected before there was a response.
    internal const int ClientClosedRequest = 499;

    private readonly Dictionary<(string Method, string Endpoint, int Status, int Labels), RouteSeries> _series = [];
    private readonly Dictionary<(string Method, string Endpoint, string Status, int Labels), HistogramCells> _durations = [];
    private MetricFamily _duration = MetricCatalogue.HttpRequestDuration;
    private RequestChoice _choice = new();
    private double _timeout;

    // In seconds: no request that took at most as long is slow.
    private double _lowestSlow = SlowThresholds.Default.Lowest(0);

    // The series of combinations beyond the limit on series, by status.
    private readonly Dictionary<int, RouteSeries> _merged = [];
    private bool _isComplete;
    private long _lastRenewal = time.GetTimestamp();

    /// <summary>The operator's choice of what is recorded. Set it before the first request.</summary>
    internal RequestChoice Choice
    {
        set
        {
            _choice = value;
            _lowestSlow = value.Slow.Lowest(_timeout);
            if (value.StatusLabel is { } label) _duration = _duration with { Labels = _duration.Labels.Add(label) };
            if (!value.ExtraLabels.IsEmpty) ExtraLabels = new ExtraLabelTable(writer, value.ExtraLabels);
        }
    }

    /// <summary>The extra labels; null if none are configured.</summary>
    internal ExtraLabelTable? ExtraLabels { get; private set; }

    /// <summary>Gunicorn's setting <c>timeout</c>, in seconds; 0 if it is off or unknown. Set it before the first request.</summary>
    internal double Timeout
    {
        set
        {
            _timeout = value;
            _lowestSlow = _choice.Slow.Lowest(value);
        }
    }

    /// <summary>Whether the times to the first byte of responses are recorded.</summary>
    internal bool TimesFirstByte => _choice.TimesFirstByte;

    /// <summary>Whether a response with this status leaves open whether its path exists.</summary>
    internal static bool IsUnmatched(int status) => status is 400 or 404 or 405 or 414 or 431 or ClientClosedRequest;

    /// <summary>Whether a path has this endpoint whatever its later responses are.</summary>
    internal static bool IsLasting(string endpoint) => endpoint is not (EndpointBounds.Unmatched or LabelBounds.Other);

    /// <summary>The configured patterns that map paths to routes; null without any.</summary>
    internal RoutePatterns? Patterns { private get; set; }

    /// <param name="method">In UTF-8.</param>
    /// <param name="endpoint">A result of one of the methods below.</param>
    /// <param name="status">The status that the client received.</param>
    /// <param name="labels">A combination of <see cref="ExtraLabels"/>.</param>
    internal RouteSeries Find(ReadOnlySpan<byte> method, string endpoint, int status, int labels = ExtraLabelTable.None)
    {
        var label = MethodOf(method);
        if (status is < 100 or > 999) status = 0;
        if (endpoint == EndpointBounds.Excluded) labels = ExtraLabelTable.None;
        if (_series.TryGetValue((label, endpoint, status, labels), out var series)) return series;
        if (endpoint == EndpointBounds.Excluded) return FindExcluded(label, status);
        if (!HasRoom(label, endpoint, status, labels))
        {
            if (_isComplete) return FindMerged(status);
            // This or an earlier holder of the slot may already have created the series.
            _isComplete = true;
            AddRecorded();
            return Find(method, endpoint, status, labels);
        }
        series = Locate(label, endpoint, status, labels, OverflowOf(endpoint), out var isMerged);
        // The disk is full: do not remember the series, so that memory stays bounded and a later request tries again.
        if (isMerged) return FindMerged(status);
        if (!series.Requests.IsNone) _series[(label, endpoint, status, labels)] = series;
        return series;
    }

    /// <summary>Whether a request that took so many seconds is slow, by the threshold of its route, whatever its series is.</summary>
    internal bool IsSlow(FlightEntry entry, double seconds)
    {
        if (seconds <= _lowestSlow || entry.IsLasting) return false;
        var route = RequestRoute.Of(Encoding.UTF8.GetString(entry.Path), Encoding.UTF8.GetString(entry.Route), Patterns, out _);
        return seconds > _choice.Slow.Of(route, _timeout);
    }

    /// <summary>The count of the slow requests of a series.</summary>
    /// <param name="isMerged">Whether it has no place of its own.</param>
    internal Cell SlowOf(RouteSeries series, out bool isMerged)
    {
        isMerged = false;
        if (!series.Slow.IsNone) return series.Slow;
        var cell = writer.Locate(MetricCatalogue.SlowRequests, [series.Method, series.Endpoint], out isMerged);
        if (!isMerged) series.Slow = cell;
        return cell;
    }

    /// <summary>The label value of a method in UTF-8.</summary>
    internal string MethodOf(ReadOnlySpan<byte> method) => _choice.MethodOf(method);

    /// <summary>Admits a route that the application declares.</summary>
    internal void Declare(ReadOnlySpan<byte> route) => writer.Endpoints.Declare(Encoding.UTF8.GetString(FlightRecord.Shorten(route)));

    /// <summary>The endpoint of a framework's route, which is used as it is.</summary>
    internal string EndpointOfRoute(ReadOnlySpan<byte> route)
    {
        Span<char> text = stackalloc char[FlightRecord.LongestRoute];
        return AdmitRoute(text[..Encoding.UTF8.GetChars(route, text)]);
    }

    /// <summary>
    /// The endpoint of a path: the route of the first pattern that matches, else the normalised path, which is
    /// <see cref="EndpointBounds.Unmatched"/> until a response shows that it exists.
    /// </summary>
    internal string EndpointOfPath(ReadOnlySpan<byte> path, int status)
    {
        Span<char> text = stackalloc char[LongestPath];
        Span<char> endpoint = stackalloc char[EndpointNormalizer.MaximumLength];
        var length = Encoding.UTF8.GetChars(path[..Math.Min(path.Length, LongestPath)], text);
        if (_choice.Excludes(EndpointNormalizer.PathOf(text[..length]))) return EndpointBounds.Excluded;
        if (Patterns?.Find(text[..length]) is { } route) return AdmitRoute(route);
        length = EndpointNormalizer.Normalize(text[..length], endpoint);
        var value = endpoint[..length];
        if (_choice.Excludes(value)) return EndpointBounds.Excluded;
        if (writer.Endpoints.TryFind(value, out var admitted)) return admitted;
        if (IsUnmatched(status)) return EndpointBounds.Unmatched;
        if (!writer.Endpoints.TryAdmitPath(value, out admitted) && TryRenew()) _ = writer.Endpoints.TryAdmitPath(value, out admitted);
        return admitted;
    }

    /// <summary>Whether the operator excludes a path as requested, whatever its route is.</summary>
    internal bool Excludes(ReadOnlySpan<byte> path)
    {
        if (_choice.ExcludedRoutes.IsEmpty) return false;
        Span<char> text = stackalloc char[LongestPath];
        var length = Encoding.UTF8.GetChars(path[..Math.Min(path.Length, LongestPath)], text);
        return _choice.Excludes(EndpointNormalizer.PathOf(text[..length]));
    }

    private string AdmitRoute(ReadOnlySpan<char> route)
    {
        if (_choice.Excludes(route)) return EndpointBounds.Excluded;
        _ = writer.Endpoints.TryAdmitRoute(route, out var endpoint);
        return endpoint;
    }

    /// <summary>Makes room for other paths, if the last time is long enough ago: only paths requested since then still count.</summary>
    private bool TryRenew()
    {
        if (time.GetElapsedTime(_lastRenewal) < LongestUnused || !writer.HasRoom(1, "")) return false;
        _lastRenewal = time.GetTimestamp();
        writer.Endpoints.CountOnly(_series.Where(series => series.Value.HasGrown()).Select(series => series.Key.Endpoint));
        return true;
    }

    private bool HasRoom(string method, string endpoint, int status, int labels) => writer.HasRoom(
        (_durations.ContainsKey((method, endpoint, _choice.StatusOf(status), labels))
            ? 0
            : (TimesFirstByte ? 2 : 1) * writer.SamplesOf(_duration))
        + (status >= FirstFailure ? 2 : 1), endpoint);

    private RouteSeries FindExcluded(string method, int status)
    {
        var requests = _choice.CountsExcluded
            ? writer.Locate(MetricCatalogue.HttpRequests, [method, EndpointBounds.Excluded, RequestChoice.CodeOf(status)])
            : default;
        return _series[(method, EndpointBounds.Excluded, status, ExtraLabelTable.None)] =
            new RouteSeries(requests, default, HistogramCells.None, default) { IsExcluded = true };
    }

    private RouteSeries FindMerged(int status)
    {
        if (!_merged.TryGetValue(status, out var series))
        {
            series = Locate(
                LabelBounds.Other, LabelBounds.Other, status, ExtraLabels?.Other ?? ExtraLabelTable.None,
                writer.OverflowOf(MetricCatalogue.SeriesOverflow), out _);
            _merged[status] = series;
        }
        return series;
    }

    private void AddRecorded()
    {
        var requests = MetricCatalogue.HttpRequests;
        var names = ExtraLabels?.Names ?? [];
        foreach (var values in writer.RecordedOf(With(requests, names), optional: names.Length))
        {
            if (values[1] == EndpointBounds.Excluded) continue;
            _ = int.TryParse(values[2], NumberStyles.None, CultureInfo.InvariantCulture, out var status);
            var labels = ExtraLabels?.Find(values.AsSpan(requests.Labels.Length)) ?? ExtraLabelTable.None;
            _series.TryAdd(
                (values[0], values[1], status, labels), Locate(values[0], values[1], status, labels, OverflowOf(values[1]), out _));
        }
    }

    private static MetricFamily With(MetricFamily family, ImmutableArray<string> labels) =>
        labels.IsEmpty ? family : family with { Labels = [.. family.Labels, .. labels] };

    private Cell OverflowOf(string endpoint) => endpoint == LabelBounds.Other ? writer.OverflowOf(EndpointBounds.Label) : default;

    private RouteSeries Locate(string method, string endpoint, int status, int labels, Cell overflow, out bool isMerged)
    {
        var extra = ExtraLabels?[labels] ?? [];
        var names = extra.Select(label => label.Name).ToImmutableArray();
        var values = extra.Select(label => label.Value).ToArray();
        var code = RequestChoice.CodeOf(status);
        isMerged = false;
        var statusLabel = _choice.StatusOf(status);
        if (!_durations.TryGetValue((method, endpoint, statusLabel, labels), out var duration))
        {
            string[] route = _choice.StatusLabel is null ? [method, endpoint] : [method, endpoint, statusLabel];
            duration = writer.LocateHistogram(With(_duration, names), [.. route, .. values], out isMerged);
            if (!duration.IsNone && !isMerged) _durations[(method, endpoint, statusLabel, labels)] = duration;
        }
        var requests = writer.Locate(
            With(MetricCatalogue.HttpRequests, names), [method, endpoint, code, .. values], out var isRequestMerged);
        var (failed, isFailedMerged) = (default(Cell), false);
        if (status >= FirstFailure)
        {
            failed = writer.Locate(MetricCatalogue.WorkerFailedRequests, [writer.WorkerId, method, endpoint, code], out isFailedMerged);
        }
        isMerged |= isRequestMerged | isFailedMerged;
        var firstByte = HistogramCells.None;
        if (TimesFirstByte)
        {
            firstByte = writer.LocateHistogram(MetricCatalogue.TimeToFirstByte, [method, endpoint], out var isFirstByteMerged);
            isMerged |= isFirstByteMerged;
        }
        return new RouteSeries(requests, failed, duration, overflow)
        {
            FirstByte = firstByte,
            Method = method,
            Endpoint = endpoint,
        };
    }
}

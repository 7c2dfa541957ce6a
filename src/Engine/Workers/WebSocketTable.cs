using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Flights;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;

namespace GunicornPrometheusExporter.Workers;

/// <summary>The WebSockets of a worker, from the handshake to the end.</summary>
/// <remarks>
/// The counters of a slot show how many are open: the next holder of the slot counts those of a killed worker as lost.
/// Not thread-safe.
/// </remarks>
internal sealed class WebSocketTable(MetricWriter metrics, RouteSeriesTable routes, FlightTableWriter flight)
{
    // A route's series: opened, open, lost, messages and bytes both ways, the duration, and every code.
    private const int SeriesOfRoute = 35;

    private const int SwitchingProtocols = 101;
    private const int NotFound = 404;

    private readonly Dictionary<long, WebSocket> _webSockets = [];
    private readonly Dictionary<string, WebSocketSeries> _series = new(StringComparer.Ordinal);

    // Tokens of WebSockets are less than NoEntry, so that none equals the token of a request.
    private long _lastToken = FlightTableWriter.NoEntry;

    /// <summary>Records the start of a handshake.</summary>
    /// <param name="path">The path as requested, in UTF-8.</param>
    /// <returns>A token, valid until the WebSocket ends.</returns>
    internal long Begin(ReadOnlySpan<byte> path)
    {
        _webSockets[--_lastToken] = new WebSocket
        {
            Place = path[..Math.Min(path.Length, FlightRecord.LongestPath)].ToArray(),
            IsExcluded = routes.Excludes(path),
        };
        return _lastToken;
    }

    /// <summary>Sets the route that the framework found.</summary>
    internal void Route(long token, ReadOnlySpan<byte> route)
    {
        if (!_webSockets.TryGetValue(token, out var socket)) return;
        (socket.Place, socket.IsRouted) = (FlightRecord.Shorten(route).ToArray(), true);
    }

    /// <summary>Records that the application accepted the handshake.</summary>
    internal void Accept(long token)
    {
        if (!_webSockets.TryGetValue(token, out var socket) || socket.Series is not null) return;
        var endpoint = EndpointOf(socket, SwitchingProtocols);
        if (endpoint == EndpointBounds.Excluded) return;
        (socket.Series, socket.Accepted) = (SeriesOf(endpoint), MonotonicClock.Seconds());
        socket.Series.Open.Add(1);
        flight.Plan(socket.Series.Opened, 1);
        flight.Commit(socket.Accepted);
    }

    /// <summary>Records a message of an accepted WebSocket.</summary>
    internal void Pass(long token, bool isSent, long bytes)
    {
        if (!_webSockets.TryGetValue(token, out var socket) || socket.Series is not { } series) return;
        var (messages, total) = isSent ? series.Sent : series.Received;
        flight.Plan(messages, 1);
        flight.Plan(total, bytes);
        flight.Commit(MonotonicClock.Seconds());
    }

    /// <summary>Records the end of a WebSocket, or of a handshake that was not accepted.</summary>
    /// <param name="code">The code with which it was closed; the status of the response if it was not accepted.</param>
    internal void End(long token, int code)
    {
        if (!_webSockets.Remove(token, out var socket)) return;
        if (socket.Series is not { } series)
        {
            // A handshake that is not accepted leaves open whether its path exists.
            var endpoint = EndpointOf(socket, NotFound);
            if (endpoint == EndpointBounds.Excluded) return;
            var status = code is < 100 or > 999 ? RouteSeriesTable.ClientClosedRequest : code;
            metrics.Add(MetricCatalogue.WebSocketsRejected, 1, endpoint, RequestChoice.CodeOf(status));
            return;
        }
        var now = MonotonicClock.Seconds();
        series.Open.Add(-1);
        var closed = metrics.Locate(MetricCatalogue.WebSocketsClosed, [series.Endpoint, LabelOf(code)], out var isMerged);
        // Under another endpoint the WebSocket would still count as open here, and later as lost.
        flight.Plan(isMerged ? series.Closed : closed, 1);
        series.Duration.Plan(flight, now - socket.Accepted);
        flight.Commit(now);
    }

    /// <summary>A code as a label value: clients choose those from 3000 on.</summary>
    private static string LabelOf(int code) => code switch
    {
        >= 1000 and <= 1015 => RequestChoice.CodeOf(code),
        >= 3000 and <= 3999 => "3xxx",
        >= 4000 and <= 4999 => "4xxx",
        _ => LabelBounds.Other,
    };

    private string EndpointOf(WebSocket socket, int status) =>
        socket.IsExcluded ? EndpointBounds.Excluded
        : socket.IsRouted ? routes.EndpointOfRoute(socket.Place)
        : routes.EndpointOfPath(socket.Place, status);

    private WebSocketSeries SeriesOf(string endpoint)
    {
        if (!_series.TryGetValue(endpoint, out var series))
        {
            // Merge all series of a route or none, because the counters of an endpoint together show how many WebSockets are open.
            var hasPlace = metrics.HasRoom(SeriesOfRoute, endpoint)
                || metrics.RecordedOf(MetricCatalogue.WebSocketsOpened).Any(values => values[0] == endpoint);
            series = Locate(hasPlace ? endpoint : LabelBounds.Other, out var isMerged);
            // The disk is full: the next WebSocket tries again.
            if (isMerged) series = Locate(LabelBounds.Other, out _);
            else _series[endpoint] = series;
        }
        if (series.Endpoint == LabelBounds.Other)
        {
            metrics.OverflowOf(endpoint == LabelBounds.Other ? EndpointBounds.Label : MetricCatalogue.SeriesOverflow).Add(1);
        }
        return series;
    }

    private WebSocketSeries Locate(string place, out bool isMerged)
    {
        var isAnyMerged = false;
        var series = new WebSocketSeries(
            place,
            Find(MetricCatalogue.WebSocketsOpened, place),
            Find(MetricCatalogue.WebSocketsOpen, metrics.WorkerId, place),
            Find(MetricCatalogue.WebSocketsClosed, place, LabelBounds.Other),
            metrics.LocateHistogram(MetricCatalogue.WebSocketDuration, [place], out isMerged),
            (Find(MetricCatalogue.WebSocketMessages, place, "received"), Find(MetricCatalogue.WebSocketBytes, place, "received")),
            (Find(MetricCatalogue.WebSocketMessages, place, "sent"), Find(MetricCatalogue.WebSocketBytes, place, "sent")));
        _ = Find(MetricCatalogue.WebSocketsLost, place);
        isMerged |= isAnyMerged;
        return series;

        Cell Find(MetricFamily family, params ReadOnlySpan<string> values)
        {
            var cell = metrics.Locate(family, values, out var isCellMerged);
            isAnyMerged |= isCellMerged;
            return cell;
        }
    }

    private sealed class WebSocket
    {
        /// <summary>The route if the framework found one, else the path; in UTF-8.</summary>
        internal required byte[] Place { get; set; }

        internal bool IsRouted { get; set; }

        /// <summary>Whether the operator excludes its path.</summary>
        internal required bool IsExcluded { get; init; }

        /// <summary>Null until the handshake is accepted.</summary>
        internal WebSocketSeries? Series { get; set; }

        /// <summary>When the handshake was accepted, in seconds of the monotonic clock.</summary>
        internal double Accepted { get; set; }
    }

    /// <param name="Closed">Counts those closed with codes that have no series of their own.</param>
    private sealed record WebSocketSeries(
        string Endpoint, Cell Opened, Cell Open, Cell Closed, HistogramCells Duration, (Cell Messages, Cell Bytes) Received,
        (Cell Messages, Cell Bytes) Sent);
}

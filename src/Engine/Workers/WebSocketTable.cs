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

    // The client disconnected before there was a response.
    private const int ClientClosedRequest = 499;

    private readonly Dictionary<long, WebSocket> _webSockets = [];
    private readonly Dictionary<string, WebSocketSeries> _series = new(StringComparer.Ordinal);

    // Tokens of WebSockets are less than NoEntry, so that none equals the token of a request.
    private long _lastToken = FlightTableWriter.NoEntry;

    /// <summary>Records the start of a handshake.</summary>
    /// <param name="path">The path as requested, in UTF-8.</param>
    /// <returns>A token, valid until the WebSocket ends.</returns>
    internal long Begin(ReadOnlySpan<byte> path)
    {
        _webSockets[--_lastToken] = new WebSocket { Place = path[..Math.Min(path.Length, FlightRecord.LongestPath)].ToArray() };
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
    /// <param name="token">The WebSocket.</param>
    /// <param name="code">The code with which it was closed; the status of the response if it was not accepted.</param>
    internal void End(long token, int code)
    {
        if (!_webSockets.Remove(token, out var socket)) return;
        if (socket.Series is not { } series)
        {
            // A handshake that is not accepted leaves open whether its path exists.
            var endpoint = EndpointOf(socket, NotFound);
            if (endpoint == EndpointBounds.Excluded) return;
            var status = code is < 100 or > 999 ? ClientClosedRequest : code;
            metrics.Add(MetricCatalogue.WebSocketsRejected, 1, endpoint, RequestChoice.CodeOf(status));
            return;
        }
        var now = MonotonicClock.Seconds();
        series.Open.Add(-1);
        flight.Plan(metrics.Locate(MetricCatalogue.WebSocketsClosed, [series.Endpoint, LabelOf(code)]), 1);
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
        socket.IsRouted ? routes.EndpointOfRoute(socket.Place) : routes.EndpointOfPath(socket.Place, status);

    private WebSocketSeries SeriesOf(string endpoint)
    {
        if (!_series.TryGetValue(endpoint, out var series))
        {
            // Merge all series of a route or none, because the counters of an endpoint together show how many WebSockets are open.
            var place = metrics.HasRoom(SeriesOfRoute, endpoint) ? endpoint : LabelBounds.Other;
            _series[endpoint] = series = new WebSocketSeries(
                place,
                metrics.Locate(MetricCatalogue.WebSocketsOpened, [place]),
                metrics.Locate(MetricCatalogue.WebSocketsOpen, [metrics.WorkerId, place]),
                metrics.LocateHistogram(MetricCatalogue.WebSocketDuration, [place]),
                TrafficOf(place, "received"),
                TrafficOf(place, "sent"));
            _ = metrics.Locate(MetricCatalogue.WebSocketsLost, [place]);
        }
        if (series.Endpoint == LabelBounds.Other) metrics.OverflowOf(EndpointBounds.Label).Add(1);
        return series;
    }

    private (Cell Messages, Cell Bytes) TrafficOf(string endpoint, string direction) => (
        metrics.Locate(MetricCatalogue.WebSocketMessages, [endpoint, direction]),
        metrics.Locate(MetricCatalogue.WebSocketBytes, [endpoint, direction]));

    private sealed class WebSocket
    {
        /// <summary>The route if the framework found one, else the path; in UTF-8.</summary>
        internal required byte[] Place { get; set; }

        internal bool IsRouted { get; set; }

        /// <summary>Null until the handshake is accepted.</summary>
        internal WebSocketSeries? Series { get; set; }

        /// <summary>When the handshake was accepted, in seconds of the monotonic clock.</summary>
        internal double Accepted { get; set; }
    }

    private sealed record WebSocketSeries(
        string Endpoint, Cell Opened, Cell Open, HistogramCells Duration, (Cell Messages, Cell Bytes) Received,
        (Cell Messages, Cell Bytes) Sent);
}

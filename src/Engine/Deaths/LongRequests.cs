using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Flights;

namespace GunicornPrometheusExporter.Deaths;

/// <summary>
/// The oldest request in flight of each worker when it was last seen: a worker that its master aborts may still answer it, so that its
/// flight file does not have it any more. Not thread-safe.
/// </summary>
internal sealed class LongRequests
{
    // In seconds. Gunicorn's shortest timeout is one second.
    private const double Long = 0.5;
    private const double LongestWait = 10;

    private Dictionary<string, LongRequest> _requests = new(StringComparer.Ordinal);

    /// <summary>Reads the requests of the live workers, as the last refresh found them.</summary>
    internal void Look(FlightWatch flights, double now)
    {
        var seen = new Dictionary<string, LongRequest>(StringComparer.Ordinal);
        foreach (var (path, request) in _requests)
        {
            if (now - request.SeenAt < LongestWait) seen[path] = request;
        }
        // A worker that has none any more may have answered it, and exit.
        foreach (ref readonly var worker in flights.Live)
        {
            if (worker.Kind != SlotKind.Worker || worker.OldestSeconds < Long) continue;
            if (FlightWatch.TryReport(worker.Path) is not { Requests.IsEmpty: false } report) continue;
            var id = SlotName.LabelOf(worker.Kind, worker.Number);
            seen[worker.Path] = new(id, report, report.Requests.MinBy(request => request.Started), now);
        }
        _requests = seen;
    }

    /// <summary>The request that a worker had when it was last seen.</summary>
    internal LongRequest? Of(int pid) => _requests.Values.Where(request => request.Report.Pid == pid).MaxBy(request => request.SeenAt);
}

/// <summary>A worker's oldest request in flight.</summary>
/// <param name="SeenAt">In seconds of the monotonic clock.</param>
internal sealed record LongRequest(string WorkerId, FlightReport Report, FlightRequest Request, double SeenAt);

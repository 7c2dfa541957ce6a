using System.Collections.Immutable;
using GunicornPrometheusExporter.Exporter.Checks;
using GunicornPrometheusExporter.Exporter.Readings;
using GunicornPrometheusExporter.Exporter.Trends;
using GunicornPrometheusExporter.Incidents;

namespace GunicornPrometheusExporter.Exporter.StatusPage;

/// <summary>Finds what went wrong in the last minutes. The limits are those of the alerts.</summary>
internal static class RecentTrouble
{
    private const double FailingShare = 14.4 * .001;
    private const double LeastRequests = .1; // Per second.
    private const double FailingShareOfDay = 3 * .001;
    private const double SlowSeconds = 1;
    private const double SlowShare = .05;
    private const double BusyShare = .85;
    private const double GrowthFactor = 1.5;
    private const double GrownUpSeconds = 25200;

    // The history of the memory covers at most six hours.
    private static readonly TimeSpan GrowthWindow = TimeSpan.FromHours(5);

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan DeathWindow = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan DropWindow = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan BurnWindow = TimeSpan.FromHours(2);

    internal static IEnumerable<Finding> Find(
        string host, Func<TrendRange, ImmutableArray<TrendPoint>> history, ImmutableArray<Incident> incidents, DateTimeOffset now) =>
    [
        .. TrafficOf(host, history, now), .. LossesOf(host, history(TrendRange.Recent), now), .. DeathsOf(host, incidents, now),
    ];

    /// <summary>Finds problems of the traffic of a server or of a fleet.</summary>
    internal static IEnumerable<Finding> TrafficOf(
        string host, Func<TrendRange, ImmutableArray<TrendPoint>> history, DateTimeOffset now) =>
        [.. BurnOf(host, history(TrendRange.Day), now), .. TrafficOf(host, Last(history(TrendRange.Recent), Window, now))];

    /// <summary>Finds workers whose memory grows.</summary>
    internal static IEnumerable<Finding> GrowthOf(string host, Status status) =>
        from worker in status.Workers
        let growth = worker.MemoryGrowth
        let before = worker.Memory - growth?.Bytes
        where growth?.Time > GrowthWindow && worker.Memory / before > GrowthFactor && status.Now.Of(MetricCatalogue.WorkerUptime).Any(
            uptime => uptime[MetricFamily.WorkerLabel] == worker.Id && uptime.Value > GrownUpSeconds)
        select Finding.Warning(
            $"{host}: the memory of {worker.Id} grew from {Show.Megabytes(before)} to {Show.Megabytes(worker.Memory)} in "
            + $"{Show.Duration(growth.Time.TotalSeconds)}; see which route leaks", "GunicornWorkerMemoryGrowing");

    private static TrendPoint[] Last(ImmutableArray<TrendPoint> points, TimeSpan window, DateTimeOffset now) =>
        [.. points.Where(point => now - point.Time < window)];

    private static float RequestsOf(TrendPoint[] points) => points.Average(point => point.Requests);

    private static float FailuresOf(TrendPoint[] points) => points.Average(point => point.ServerErrors + point.Lost);

    /// <summary>Finds failures that are few, but last for hours. The other limit of the alert needs three days.</summary>
    private static IEnumerable<Finding> BurnOf(string host, ImmutableArray<TrendPoint> day, DateTimeOffset now)
    {
        var hours = Last(day, BurnWindow, now);
        // In a shorter history both windows have the same points.
        if (hours.Length == 0 || hours.Length == day.Length) yield break;
        TrendPoint[] all = [.. day];
        if (RequestsOf(all) >= LeastRequests
            && FailuresOf(hours) > FailingShareOfDay * RequestsOf(hours) && FailuresOf(all) > FailingShareOfDay * RequestsOf(all))
        {
            yield return Finding.Warning(
                $"{host}: more than 0.3 % of the requests of the last 2 hours and of the last day failed; see which routes have 5xx",
                "GunicornErrorBudgetBurnSlow");
        }
    }

    /// <summary>Finds what never arrived: requests, connections and snapshots.</summary>
    private static IEnumerable<Finding> LossesOf(string host, ImmutableArray<TrendPoint> points, DateTimeOffset now)
    {
        if (Last(points, DeathWindow, now).Any(point => point.Lost > 0))
        {
            yield return Finding.Warning(
                $"{host}: requests of the last 10 minutes were lost with their worker; see the incidents", "GunicornRequestsLost");
        }
        // The kernel counts for all servers of the machine; a full queue is that of this one.
        var last = Last(points, Window, now);
        if (last.Any(point => point.Refused > 0) && last.Any(point => point.Fullest >= 1))
        {
            yield return Finding.Warning(
                $"{host}: clients could not connect in the last 5 minutes, because an accept queue was full; add workers, or see which "
                + "routes are slow", "GunicornConnectionsRefused");
        }
        if (Last(points, DropWindow, now).Any(point => point.Dropped > 0))
        {
            yield return Finding.Warning(
                $"{host}: a forwarder dropped snapshots in the last 15 minutes; see the exporter's log", "GunicornForwarderDropping");
        }
    }

    private static IEnumerable<Finding> TrafficOf(string host, TrendPoint[] points)
    {
        if (points.Length == 0) yield break;
        var (requests, failed) = (RequestsOf(points), FailuresOf(points));
        if (requests >= LeastRequests && failed / requests > FailingShare)
        {
            yield return Finding.Error(
                $"{host}: {Show.Percent(failed / requests)} of the requests of the last 5 minutes failed; see which routes have 5xx",
                "GunicornErrorBudgetBurnFast");
        }
        var latencies = Latencies.OfCounts(points.SelectMany(point => point.Bounds.Zip(point.Counts))
            .GroupBy(bucket => bucket.First).OrderBy(bound => bound.Key).Select(bound => (bound.Key, bound.Sum(bucket => bucket.Second))));
        if (requests >= LeastRequests && latencies.Quantile(.95) is { Seconds: > SlowSeconds } p95)
        {
            yield return Finding.Warning(
                $"{host}: one request in 20 of the last 5 minutes took longer than {Show.Seconds(p95.Seconds)}; see which routes are slow",
                "GunicornLatencyHigh");
        }
        var slow = points.Average(point => point.Slow);
        if (requests >= LeastRequests && slow / requests > SlowShare)
        {
            yield return Finding.Warning(
                $"{host}: {Show.Percent(slow / requests)} of the requests of the last 5 minutes were slow; see where they hang in the "
                + "incidents", "GunicornSlowRequests");
        }
        if (points.Select(point => point.Saturation).Where(float.IsFinite).DefaultIfEmpty().Average() is > (float)BusyShare and var busy)
        {
            yield return Finding.Warning(
                $"{host}: {Show.Percent(busy)} of the capacity was in use in the last 5 minutes; add workers, or see which routes are slow",
                "GunicornUtilisationHigh");
        }
    }

    private static IEnumerable<Finding> DeathsOf(string host, ImmutableArray<Incident> incidents, DateTimeOffset now) =>
        from incident in incidents
        where incident.Kind is IncidentKinds.Death or IncidentKinds.Timeout
            && incident.HasDate && now - DateTimeOffset.UnixEpoch.AddSeconds(incident.Time) < DeathWindow
        // A worker that lost several requests has an incident for each.
        group incident by incident.Cause ?? WorkerExitReasons.Unknown into cause
        let deaths = cause.DistinctBy(incident => (incident.Pid, incident.WorkerId)).Count()
        select Finding.Error(
            $"{host}: {deaths} {(deaths == 1 ? "worker" : "workers")} died in the last 10 minutes ({cause.Key}); see the incidents",
            AlertOf(cause.Key));

    private static string AlertOf(string cause) => cause switch
    {
        WorkerExitReasons.Timeout => "GunicornWorkerTimeout",
        "oom" => "GunicornWorkerOutOfMemory",
        _ => "GunicornWorkersCrashing",
    };
}

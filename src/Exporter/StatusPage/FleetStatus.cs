using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.StatusPage;

/// <summary>Adds up the hosts of a hub.</summary>
internal static class FleetStatus
{
    /// <param name="now">All samples of the hub, those of hosts with the label <c>instance</c>.</param>
    internal static Status Of(Samples now, IReadOnlyCollection<HostStatus> hosts) => new()
    {
        Now = now,
        Traffic = SumOf(hosts.Select(host => host.Status.Traffic).OfType<Traffic>()),
        Window = hosts.Select(host => host.Status.Window).DefaultIfEmpty().Max(),
        Workers = [],
        Routes =
        [
            .. hosts.SelectMany(host => host.Status.Routes).GroupBy(route => (route.Method, route.Endpoint))
                .Select(route => new RouteStatus(route.Key.Method, route.Key.Endpoint, SumOf(route.Select(one => one.Traffic))!)
                {
                    Time = route.Sum(one => one.Time),
                    Statuses =
                    [
                        .. route.SelectMany(one => one.Statuses).GroupBy(status => status.Code).Select(status => new StatusCount(
                            status.Key, status.Sum(one => one.Rate), status.Sum(one => one.Total))),
                    ],
                })
                .OrderByDescending(route => route.Traffic.Requests),
        ],
        Listeners =
        [
            .. hosts.SelectMany(host => host.Status.Listeners.Select(
                listener => listener with { Name = $"{host.Instance} {listener.Name}" })),
        ],
        Exits =
        [
            .. hosts.SelectMany(host => host.Status.Exits).GroupBy(exits => exits.Reason).Select(cause => new Exits(
                cause.Key, cause.Sum(exits => exits.Workers), cause.Sum(exits => exits.RequestsLost))),
        ],
    };

    private static Traffic? SumOf(IEnumerable<Traffic> hosts)
    {
        var all = hosts.ToArray();
        if (all.Length == 0) return null;
        // Hosts have the buckets in common; those of native histograms are not forwarded.
        var latencies = new Latencies();
        foreach (var bounds in all.SelectMany(traffic => traffic.Buckets.Cumulative).GroupBy(bucket => bucket.Bound))
        {
            latencies.Add(bounds.Key, bounds.Sum(bucket => bucket.Count));
        }
        return new(
            all.Sum(traffic => traffic.Requests), all.Sum(traffic => traffic.ClientErrors), all.Sum(traffic => traffic.ServerErrors),
            latencies, latencies);
    }
}

using System.Collections.Immutable;
using GunicornPrometheusExporter.Exporter.Checks;
using GunicornPrometheusExporter.Exporter.Readings;
using GunicornPrometheusExporter.Exporter.Trends;
using GunicornPrometheusExporter.Incidents;

namespace GunicornPrometheusExporter.Exporter.StatusPage;

/// <summary>Collects what the page of a hub shows, or that of one of its hosts. Safe for any number of threads.</summary>
internal sealed class HubPages(HubReading reading, FleetTrend trend, ConfigurationInForce configuration, TimeProvider time)
{
    private const string Instance = "instance";
    private static readonly TimeSpan Freshness = TimeSpan.FromMilliseconds(900);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, ReadingWindow> _windows = [];
    private Task<Page>? _last;
    private long _readAt;

    internal async Task<Page> LookAsync(PageQuery query)
    {
        Task<Page> read;
        lock (_gate)
        {
            // One read at a time, because each moves the windows.
            if (_last is null || (_last.IsCompleted && time.GetElapsedTime(_readAt) >= Freshness))
            {
                (_readAt, _last) = (time.GetTimestamp(), ReadAsync());
            }
            read = _last;
        }
        var page = await read with { Query = query, History = trend.Of(query.Range) };
        if (query[PageQuery.HostName] is not { } name || page.Hosts!.Value.FirstOrDefault(host => host.Instance == name) is not { } host)
        {
            return page;
        }
        return page with
        {
            Status = host.Status,
            Host = host.Instance,
            Application = null,
            Hosts = null,
            History = trend.Of(host.Instance, query.Range),
            IsHost = true,
            Findings = Sorted(FindingsOf(host, page.Status.Now.Time)),
        };
    }

    private async Task<Page> ReadAsync()
    {
        var look = await reading.LookAsync();
        var now = time.GetUtcNow();
        ImmutableArray<Incident> incidents = [.. look.Incidents];
        foreach (var gone in _windows.Keys.Except(look.Hosts.Select(host => host.Instance)).ToArray()) _windows.Remove(gone);
        ImmutableArray<HostStatus> hosts =
        [
            .. look.Hosts.Where(host => host.Instance.Length > 0).Select(host => new HostStatus(
                host.Instance,
                StatusOf(host) with { Incidents = [.. incidents.Where(incident => incident.Instance == host.Instance)] },
                now - host.Written)),
        ];
        var status = FleetStatus.Of(new(now, look.Hosts.SelectMany(SamplesOf)), hosts) with { Incidents = incidents };
        var fleet = RecentTrouble.TrafficOf("the fleet", trend.Of, now).ToArray();
        return new(status)
        {
            MetricsPath = configuration.Config.WebTelemetryPath,
            Application = "Fleet",
            Hosts = hosts,
            Findings = Sorted(
            [
                .. CheckList.Run(HubView(look.Hosts, now)), .. fleet,
                // A problem of the whole fleet stands for that of its hosts.
                .. hosts.SelectMany(host => FindingsOf(host, now)).Where(one => fleet.All(all => all.Alert != one.Alert)),
            ]),
        };
    }

    private static ExporterView HubView(IReadOnlyList<HostSnapshot> hosts, DateTimeOffset now) =>
        new("the hub", [.. hosts.Where(host => host.Instance.Length == 0).SelectMany(SamplesOf)], now);

    private IEnumerable<Finding> FindingsOf(HostStatus host, DateTimeOffset now) =>
        CheckList.Run(new ExporterView(host.Instance, [], host.Status.Now))
            .Concat(RecentTrouble.Find(host.Instance, range => trend.Of(host.Instance, range), host.Status.Incidents, now));

    private static ImmutableArray<Finding> Sorted(IEnumerable<Finding> findings) =>
        [.. findings.OrderByDescending(finding => finding.Severity)];

    private Status StatusOf(HostSnapshot host)
    {
        if (!_windows.TryGetValue(host.Instance, out var window)) _windows.Add(host.Instance, window = new());
        var now = new Samples(host.Snapshot.Time, Samples.AllOf(host.Snapshot));
        var reading = new StatusReading(now, window.Move(now).First);
        return reading.ToStatus(reading.AgesOfOldest());
    }

    private static IEnumerable<Sample> SamplesOf(HostSnapshot host) => host.Instance.Length == 0
        ? Samples.AllOf(host.Snapshot)
        : Samples.AllOf(host.Snapshot).Select(sample => sample with
        {
            Key = sample.Key with { Labels = sample.Key.Labels.Add(new(Instance, host.Instance)) },
        });
}

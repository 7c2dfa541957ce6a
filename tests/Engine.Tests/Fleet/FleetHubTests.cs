using GunicornPrometheusExporter.Forwarding;
using GunicornPrometheusExporter.Metrics;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Fleet;

public sealed class FleetHubTests
{
    private static readonly string[] Hosts = [.. Enumerable.Range(1, 100).Select(host => $"host-{host}")];

    [Fact]
    public async Task A_source_that_is_away_is_told_once_and_what_is_known_is_served_while_its_hosts_may_live()
    {
        var hub = new TestHub(isMerged: false);
        hub.Source.Hosts.Add(TestHost.Of("a", (TestHost.Counter("c_total"), [1])));
        var first = await hub.ReadAsync();
        hub.Source.Failure = "Redis is away.";
        var second = await hub.ReadAsync();
        hub.Clock.Now = TestHost.Start.AddMinutes(1);
        var third = await hub.ReadAsync();
        (hub.Source.Failure, hub.Clock.Now) = (null, TestHost.Start);
        var fourth = await hub.ReadAsync();

        Assert.Equal((1, 0), (first.Samples["gunicorn_hub_source_up{}"], first.Samples["gunicorn_hub_source_errors_total{}"]));
        Assert.Equal((0, 1), (second.Samples["gunicorn_hub_source_up{}"], second.Samples["gunicorn_hub_source_errors_total{}"]));
        Assert.Contains("c_total{instance=a}", second.Order);
        Assert.Equal((0, 2), (third.Samples["gunicorn_hub_source_up{}"], third.Samples["gunicorn_hub_source_errors_total{}"]));
        Assert.DoesNotContain("c_total{instance=a}", third.Order);
        Assert.Equal(1, fourth.Samples["gunicorn_hub_source_up{}"]);
        Assert.Contains("c_total{instance=a}", fourth.Order);
        Assert.Equal(
            [
                "reading snapshots here; live hosts: 1",
                "reading the hosts' snapshots failed, serving the last ones until they expire: Redis is away.",
                "reading snapshots here; live hosts: 1",
            ],
            hub.Log.Messages);
    }

    [Fact]
    public async Task Skipped_entries_are_counted_by_reason_and_told_once()
    {
        var hub = new TestHub(isMerged: true);
        hub.Source.Skipped.Add(new("gunicorn:metrics:x", SkipKind.Foreign, "it is a list"));
        hub.Source.Skipped.Add(new("gunicorn:metrics:y", SkipKind.Unreadable, "it is truncated"));

        var text = await hub.ReadAsync();
        _ = await hub.ReadAsync();
        hub.Source.Skipped.Clear();
        _ = await hub.ReadAsync();

        Assert.Equal(1, text.Samples["gunicorn_hub_skipped_entries{reason=foreign}"]);
        Assert.Equal(1, text.Samples["gunicorn_hub_skipped_entries{reason=unreadable}"]);
        Assert.Equal(
            [
                "no live host has a snapshot here",
                "skipping 2 entries, the first is gunicorn:metrics:x: it is a list; only exporters may write under this key prefix",
                "no more entries are skipped",
            ],
            hub.Log.Messages);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_hub_that_shares_hosts_serves_none_once_another_hub_may_have_them(bool isMerged)
    {
        var hub = new TestHub(isMerged, isSharing: true);
        var host = Hosts.First(name => Share(2, isMerged).Has(name) && Share(3, isMerged).Has(name));
        hub.Source.Hosts.Add(TestHost.Of(host, (TestHost.Counter("c_total"), [1])));
        hub.Source.Lease = new(Share(3, isMerged), Until: 30);
        await hub.ReadAsync();
        hub.Source.Failure = "Redis is away.";
        // Whatever happens to the wall clock.
        (hub.Clock.Now, hub.Clock.Timestamp) = (TestHost.Start.AddSeconds(59), 29);
        var inTime = await hub.ReadAsync();
        (hub.Clock.Now, hub.Clock.Timestamp) = (TestHost.Start.AddDays(-1), 30);
        var late = await hub.ReadAsync();
        (hub.Source.Failure, hub.Source.Lease) = (null, new(Share(2, isMerged), Until: 60));
        var back = await hub.ReadAsync();

        Assert.Contains(inTime.Order, name => name.StartsWith("c_total", StringComparison.Ordinal));
        Assert.DoesNotContain(late.Order, name => name.StartsWith("c_total", StringComparison.Ordinal));
        Assert.Equal((0, 0), (late.Samples["gunicorn_hub_hosts{}"], late.Samples["gunicorn_hub_source_up{}"]));
        Assert.Equal((3, 2), (inTime.Samples["gunicorn_hub_members{}"], back.Samples["gunicorn_hub_members{}"]));
        Assert.Contains(back.Order, name => name.StartsWith("c_total", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_hub_whose_read_fails_leaves_the_hosts_that_a_new_hub_has_to_that_one(bool isMerged)
    {
        var hub = new TestHub(isMerged, isSharing: true);
        string[] hosts = [.. Hosts.Where(Share(2, isMerged).Has)];
        hub.Source.Hosts.AddRange(hosts.Select(host => TestHost.Of(host, (TestHost.Gauge("g", GaugeMode.All), [1]))));
        hub.Source.Lease = new(Share(2, isMerged), Until: 30);
        await hub.ReadAsync();
        // A third hub starts: this one renews its lease, and then Redis takes too long.
        (hub.Source.Lease, hub.Source.Failure) = (new(Share(3, isMerged), Until: 60), "Redis is slow.");

        var text = await hub.ReadAsync();
        // What it read before is too old by now, even if it has the lease again.
        hub.Clock.Timestamp = 30;
        var late = await hub.ReadAsync();

        Assert.Equal(0, late.Samples["gunicorn_hub_hosts{}"]);
        Assert.Equal(
            hosts.Where(Share(3, isMerged).Has).Select(host => $"g{{instance={host}}}").Order(StringComparer.Ordinal),
            text.Order.Where(name => name.StartsWith("g{", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    /// <summary>The share of one of several hubs.</summary>
    private static HubShare Share(int hubs, bool isMerged) =>
        new("hub-1", Enumerable.Range(1, hubs).Select(hub => $"hub-{hub}"), isMerged);
}

using System.Globalization;
using CsCheck;
using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Engine.Tests.Aggregation;
using GunicornPrometheusExporter.Engine.Tests.Differential;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Forwarding;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Fleet;

public sealed class MergedExpositionTests
{
    private const int Fleets = 100;

    // Exact in binary, so that the sums do not depend on the order; and some that are not.
    private static readonly Gen<double> Amounts = Gen.OneOf(Gen.Int[0, 1000].Select(whole => whole / 8.0), Gen.Double[0, 1]);

    [Fact]
    public Task Processes_on_hosts_of_their_own_merge_as_those_of_one_store() => RandomStore.Any
        .Select(store => store.WithExactSums().WithoutTies())
        .Where(HasCounts)
        .ForAllAsync(
            async store =>
            {
                using var whole = new TemporaryDirectory();
                store.Write(whole.Path);
                var hub = new TestHub(isMerged: true);
                foreach (var process in store.Files.GroupBy(file => file.Key[(file.Key.LastIndexOf('_') + 1)..]))
                {
                    using var part = new TemporaryDirectory();
                    new RandomStore(process.ToDictionary()).Write(part.Path);
                    using var aggregator = new StoreAggregator(part.Path, NullLogger.Instance);
                    aggregator.Refresh();
                    hub.Source.Hosts.Add(new(process.Key, TestHost.Start, TestHost.Start.AddMinutes(1), aggregator.Snapshot()));
                }

                var actual = await hub.ReadAsync();

                Assert.Equal(Scraped.Once(whole.Path).Where(IsCompared), actual.Where(IsCompared));
            },
            count: Fleets);

    [Fact]
    public async Task Hubs_that_share_hosts_show_a_sum_for_each_shard_with_a_label_that_renames_the_applications_own()
    {
        var hub = new TestHub(isMerged: true, isSharing: true);
        foreach (var i in Enumerable.Range(0, 200))
        {
            hub.Source.Hosts.Add(TestHost.Of(
                $"host-{i}", (TestHost.Counter("c_total"), [i]), (TestHost.Counter("s_total", ("shard", "x")), [1]),
                (TestHost.Gauge("apart", GaugeMode.All, ("shard", "x")), [1]), (TestHost.Histogram("h", "1", "+Inf"), [1, 2, 3, 2])));
        }

        var text = await hub.ReadAsync();

        foreach (var shard in Enumerable.Range(0, 200).GroupBy(i => HostShard.Of($"host-{i}")))
        {
            Assert.Equal(shard.Sum(), text.Samples[$"c_total{{shard={shard.Key}}}"]);
            Assert.Equal(shard.Count(), text.Samples[$"s_total{{exported_shard=x,shard={shard.Key}}}"]);
            Assert.Equal(shard.Count(), text.Samples[$"h_bucket{{le=1,shard={shard.Key}}}"]);
            Assert.Equal(2 * shard.Count(), text.Samples[$"h_count{{shard={shard.Key}}}"]);
        }
        Assert.Equal(1, text.Samples["apart{exported_shard=x,instance=host-7}"]);
        Assert.Equal(200, text.Samples["gunicorn_hub_hosts{}"]);
    }

    [Fact]
    public Task What_was_counted_is_a_sum_that_never_falls_whatever_becomes_of_the_hosts() =>
        Gen.Select(Gen.Int[0, 4], Gen.Int[0, 3], Amounts).Array[1, 60].ForAllAsync(
            async events =>
            {
                var hub = new TestHub(isMerged: true);
                var hosts = new SortedDictionary<int, (double Past, double Now)>();
                var (expected, before) = (0.0, 0.0);
                foreach (var (host, kind, amount) in events)
                {
                    var (past, now) = hosts.GetValueOrDefault(host);
                    now += amount;
                    expected += amount;
                    // It goes on, vanishes, or begins anew: then its exporter adds up what is over.
                    if (kind == 2) (past, now) = (past + now, 0);
                    hosts[host] = (past, now);
                    var snapshot = TestHost.Of($"host-{host}", (TestHost.Counter("c_total"), [now]), (TestHost.Gauge("g", GaugeMode.Sum), [1]))
                        with
                    {
                        Expires = kind == 1 ? TestHost.Start : TestHost.Start.AddMinutes(1),
                        Past = past > 0 ? TestHost.Of("", (TestHost.Counter("c_total"), [past])).Snapshot : null,
                    };
                    hub.Source.Hosts.RemoveAll(other => other.Instance == snapshot.Instance);
                    hub.Source.Hosts.Add(snapshot);

                    var text = await hub.ReadAsync();

                    var sum = text.Samples["c_total{}"];
                    Assert.Equal(expected, sum, 1e-9);
                    Assert.True(sum >= before, $"{sum} after {before}");
                    before = sum;
                    var live = hub.Source.Hosts.Count(other => other.Expires > TestHost.Start);
                    Assert.Equal(live, text.Samples.GetValueOrDefault("g{}"));
                }
            },
            count: Fleets);

    [Fact]
    public async Task A_gauge_follows_its_mode_and_stays_apart_where_it_has_none()
    {
        var hub = new TestHub(isMerged: true);
        foreach (var (instance, value) in (ReadOnlySpan<(string, double)>)[("a", 3), ("b", 1), ("c", 2)])
        {
            hub.Source.Hosts.Add(TestHost.Of(
                instance,
                (TestHost.Gauge("apart", GaugeMode.All, ("instance", "own")), [value]), (TestHost.Gauge("largest", GaugeMode.Max), [value]),
                (TestHost.Gauge("latest", GaugeMode.MostRecent), [value]), (TestHost.Gauge("smallest", GaugeMode.Min), [value]),
                (TestHost.Gauge("total", GaugeMode.Sum), [value])));
        }
        hub.Source.Hosts[1] = hub.Source.Hosts[1] with { Snapshot = hub.Source.Hosts[1].Snapshot with { Time = TestHost.Start.AddSeconds(1) } };

        Assert.Equal(
            """
            # HELP apart help
            # TYPE apart gauge
            apart{exported_instance="own",instance="a"} 3.0
            apart{exported_instance="own",instance="b"} 1.0
            apart{exported_instance="own",instance="c"} 2.0
            # HELP largest help
            # TYPE largest gauge
            largest 3.0
            # HELP latest help
            # TYPE latest gauge
            latest 1.0
            # HELP smallest help
            # TYPE smallest gauge
            smallest 1.0
            # HELP total help
            # TYPE total gauge
            total 6.0

            """,
            await hub.HostTextAsync());
    }

    [Fact]
    public async Task A_hub_exposes_no_time_of_creation_whatever_the_setting()
    {
        var hub = new TestHub(isMerged: true);
        hub.Source.Hosts.Add(TestHost.Of("a", (TestHost.Histogram("h", "1.0", "+Inf"), [1, 3, 20, 3])));

        var text = await hub.HostTextAsync(ExpositionFormat.OpenMetrics);

        Assert.Contains("h_count 3.0", text, StringComparison.Ordinal);
        Assert.DoesNotContain("_created", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ExpositionFormat.Text)]
    [InlineData(ExpositionFormat.OpenMetrics)]
    public async Task An_applications_histograms_of_different_buckets_become_one_that_has_all_of_them(ExpositionFormat format)
    {
        var hub = new TestHub(isMerged: true);
        hub.Source.Hosts.Add(TestHost.Of("a", (TestHost.Histogram("h", "1.0", "5.0", "+Inf"), [1, 3, 6, 20, 6])));
        hub.Source.Hosts.Add(TestHost.Of("b", (TestHost.Histogram("h", "2.0", "5.0", "+Inf"), [10, 30, 60, 200, 60])));

        var text = await hub.HostTextAsync(format);

        Assert.StartsWith(
            """
            # HELP h help
            # TYPE h histogram
            h_bucket{le="1.0"} 1.0
            h_bucket{le="2.0"} 11.0
            h_bucket{le="5.0"} 33.0
            h_bucket{le="+Inf"} 66.0
            h_sum 220.0
            h_count 66.0

            """,
            text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_histogram_of_the_product_has_the_buckets_of_all_live_hosts_whose_counts_are_exact()
    {
        const string Latency = "gunicorn_http_request_duration_seconds";
        var hub = new TestHub(isMerged: true);
        // A request of 2.5 s: only the second host has a bucket that tells it from one of 4 s.
        var coarse = TestHost.Of("a", (TestHost.Histogram(Latency, "1.0", "5.0", "+Inf"), [1, 3, 6, 20, 6]));
        var fine = TestHost.Of("b", (TestHost.Histogram(Latency, "1.0", "3.0", "5.0", "10.0", "+Inf"), [10, 20, 30, 40, 60, 200, 60]));
        hub.Source.Hosts.AddRange([coarse, fine]);

        Assert.Equal([("1", 11), ("5", 33), ("Infinity", 66)], await BucketsAsync());

        // The first host is gone: what it counted stays, in the buckets of the other one.
        hub.Source.Hosts[0] = coarse with { Expires = TestHost.Start };
        Assert.Equal([("1", 11), ("3", 21), ("5", 33), ("10", 43), ("Infinity", 66)], await BucketsAsync());

        // It is back with the buckets of the other one, and has counted a request more.
        hub.Source.Hosts[0] = TestHost.Of("a", (TestHost.Histogram(Latency, "1.0", "3.0", "5.0", "10.0", "+Inf"), [1, 2, 4, 4, 7, 21, 7]));
        Assert.Equal([("1", 11), ("3", 22), ("5", 34), ("10", 44), ("Infinity", 67)], await BucketsAsync());

        // Without a live host the buckets stay as they were.
        hub.Source.Hosts.RemoveAt(0);
        hub.Source.Hosts[0] = fine with { Expires = TestHost.Start };
        hub.Source.Hosts.Add(coarse with { Expires = TestHost.Start });
        Assert.Equal([("1", 11), ("3", 21), ("5", 33), ("10", 43), ("Infinity", 66)], await BucketsAsync());

        async Task<(string, double)[]> BucketsAsync()
        {
            var text = await hub.ReadAsync();
            Assert.Equal(text.Samples[$"{Latency}_count{{}}"], text.Samples[$"{Latency}_bucket{{le=Infinity}}"]);
            return [.. text.Samples.Where(sample => sample.Key.StartsWith($"{Latency}_bucket", StringComparison.Ordinal))
                .Select(sample => (sample.Key.Split('=', '}')[1], sample.Value)).OrderBy(bucket => double.Parse(bucket.Item1, CultureInfo.InvariantCulture))];
        }
    }

    [Fact]
    public async Task A_histogram_that_lacks_its_last_bucket_does_not_stop_the_hub()
    {
        const string Tasks = "gunicorn_dirty_task_duration_seconds";
        var hub = new TestHub(isMerged: true);
        hub.Source.Hosts.Add(TestHost.Of("a", (TestHost.Histogram(Tasks, "1.0"), [1, 3, 6]), (TestHost.Counter("c_total"), [7])));

        var text = await hub.ReadAsync();

        Assert.Equal(7, text.Samples["c_total{}"]);
    }

    [Fact]
    public async Task A_label_le_makes_no_buckets_of_what_is_no_histogram()
    {
        var hub = new TestHub(isMerged: true);
        var counter = TestHost.Counter("c_total") with { Samples = [new("c_total", [new("le", "1.0")]), new("c_total", [new("le", "2.0")])] };
        hub.Source.Hosts.Add(TestHost.Of("a", (counter, [5, 7])));

        var text = await hub.ReadAsync();

        Assert.Equal((5, 7), (text.Samples["c_total{le=1}"], text.Samples["c_total{le=2}"]));
    }

    [Fact]
    public async Task What_only_an_earlier_store_of_a_host_counted_stays()
    {
        var hub = new TestHub(isMerged: true);
        hub.Source.Hosts.Add(TestHost.Of("a", (TestHost.Histogram("h", "1.0", "+Inf"), [1, 3, 4, 3])) with
        {
            Past = TestHost.Of("", (TestHost.Counter("old_total"), [7]), (TestHost.Histogram("h", "2.0", "+Inf"), [10, 30, 40, 30])).Snapshot,
        });

        var text = await hub.ReadAsync();

        Assert.Equal(7, text.Samples["old_total{}"]);
        Assert.Equal([1, 11, 33], new[] { "1", "2", "Infinity" }.Select(bound => text.Samples[$"h_bucket{{le={bound}}}"]));
        Assert.Equal((44, 33), (text.Samples["h_sum{}"], text.Samples["h_count{}"]));
    }

    [Fact]
    public async Task Series_that_most_hosts_have_no_more_are_forgotten_without_a_loss()
    {
        var hub = new TestHub(isMerged: true);
        for (var round = 0; round < 4; round++)
        {
            hub.Source.Hosts.Clear();
            var family = TestHost.Counter("c_total") with
            {
                Samples = [.. Enumerable.Range(0, 1500).Select(i => new SnapshotSample("c_total", [new("round", $"{round} {i}")]))],
            };
            hub.Source.Hosts.Add(TestHost.Of("a", (family, [.. Enumerable.Range(0, 1500).Select(i => (double)i)])));

            var text = await hub.ReadAsync();

            Assert.Equal(1500, text.Where(name => name.StartsWith("c_total", StringComparison.Ordinal)).Count);
            Assert.Equal(1499, text.Samples[$"c_total{{round={round} 1499}}"]);
        }
    }

    // Values of buckets are counts in an exporter's snapshots; a random file says anything.
    private static bool HasCounts(RandomStore store) => store.Files
        .Where(file => file.Key.StartsWith("histogram", StringComparison.Ordinal))
        .All(file => file.Value.Entries.All(entry => double.IsFinite(entry.Value)));

    // Those apart have their instance, recent ones the time of their host; an exporter speaks for itself.
    private static bool IsCompared(string name) =>
        !name.StartsWith("gunicorn_", StringComparison.Ordinal) && !name.StartsWith("process_", StringComparison.Ordinal)
        && !name.Contains("all_", StringComparison.Ordinal) && !RandomStore.IsRecent(name);
}

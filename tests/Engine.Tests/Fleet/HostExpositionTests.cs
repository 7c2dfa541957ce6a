using CsCheck;
using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Engine.Tests.Aggregation;
using GunicornPrometheusExporter.Engine.Tests.Differential;
using GunicornPrometheusExporter.Engine.Tests.Exposition;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Fleet;

public sealed class HostExpositionTests
{
    private const int Fleets = 50;

    [Fact]
    public Task Random_hosts_show_the_samples_of_their_own_expositions_with_their_instance() => RandomStore.Any.Array[1, 3].ForAllAsync(
        async stores =>
        {
            var hub = new TestHub(isMerged: false);
            var own = new List<string>();
            for (var i = 0; i < stores.Length; i++)
            {
                using var directory = new TemporaryDirectory();
                stores[i].Write(directory.Path);
                using var aggregator = new StoreAggregator(directory.Path, NullLogger.Instance);
                aggregator.Refresh();
                hub.Source.Hosts.Add(HostOf($"host-{i}", aggregator.Snapshot()));
                own.Add(Labelled(aggregator.Written(ExpositionFormat.Text), $"host-{i}"));
            }

            var actual = await hub.ReadAsync();

            var expected = own.SelectMany(text => ExpositionText.Parse(text).Samples).ToDictionary();
            Assert.Equal(expected, actual.Where(name => !name.StartsWith("gunicorn_hub_", StringComparison.Ordinal)
                && name.Contains("instance=", StringComparison.Ordinal)));
        },
        count: Fleets);

    [Fact]
    public async Task A_family_stands_once_with_the_samples_of_every_host()
    {
        var hub = new TestHub(isMerged: false);
        hub.Source.Hosts.Add(TestHost.Of("b", (TestHost.Counter("jobs_total"), [2])));
        hub.Source.Hosts.Add(TestHost.Of("a", (TestHost.Counter("jobs_total", ("kind", "x")), [1])));

        Assert.Equal(
            """
            # HELP jobs_total help
            # TYPE jobs_total counter
            jobs_total{instance="a",kind="x"} 1.0
            jobs_total{instance="b"} 2.0

            """,
            await hub.HostTextAsync());
    }

    [Fact]
    public async Task A_label_instance_of_the_applications_is_exported()
    {
        var hub = new TestHub(isMerged: false);
        hub.Source.Hosts.Add(TestHost.Of("a\"b", (TestHost.Counter("c_total", ("exported_instance", "1"), ("instance", "2")), [1])));

        Assert.Contains(
            """c_total{instance="a\"b",exported_exported_instance="2",exported_instance="1"} 1.0""", await hub.HostTextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_two_families_of_one_name_the_first_type_is_shown_and_the_other_told_once()
    {
        var hub = new TestHub(isMerged: false);
        hub.Source.Hosts.Add(TestHost.Of("a", (TestHost.Gauge("c_total", GaugeMode.Sum), [1])));
        hub.Source.Hosts.Add(TestHost.Of("b", (TestHost.Counter("c_total"), [2])));

        _ = await hub.TextAsync();
        hub.Source.Hosts.Add(TestHost.Of("c", (TestHost.Counter("c_total"), [3])));
        var text = await hub.ReadAsync();

        Assert.Equal("counter", text.Types["c_total"]);
        Assert.Equal(["c_total{instance=b}", "c_total{instance=c}"], text.Order.Where(name => name.StartsWith("c_total", StringComparison.Ordinal)));
        Assert.Equal("dropping gauge c_total: another family exposes c_total", Assert.Single(hub.Log.Messages.Skip(1)));
    }

    [Fact]
    public async Task A_host_that_expires_is_shown_no_more()
    {
        var hub = new TestHub(isMerged: false);
        hub.Source.Hosts.Add(TestHost.Of("a", (TestHost.Counter("c_total"), [1])));
        hub.Source.Hosts.Add(TestHost.Of("b", (TestHost.Counter("c_total"), [2])) with { Expires = TestHost.Start.AddSeconds(30) });
        var before = await hub.ReadAsync();
        hub.Clock.Now = TestHost.Start.AddSeconds(30);
        var after = await hub.ReadAsync();

        Assert.Equal(2, before.Samples["gunicorn_hub_hosts{}"]);
        Assert.Equal(1, after.Samples["gunicorn_hub_hosts{}"]);
        Assert.Equal(30, after.Samples["gunicorn_hub_host_age_seconds{instance=a}"]);
        Assert.DoesNotContain("c_total{instance=b}", after.Order);
    }

    [Fact]
    public async Task Samples_without_a_value_or_with_a_name_that_the_family_has_not_are_left_out()
    {
        var hub = new TestHub(isMerged: false);
        var odd = TestHost.Counter("c_total") with { Samples = [new("c_total", []), new("d_total", [])] };
        hub.Source.Hosts.Add(TestHost.Of("a", (odd, [1, 2]), (TestHost.Gauge("g", GaugeMode.Max), [MetricSnapshot.Absent])));

        Assert.Equal(["c_total{instance=a}"], ExpositionText.Parse(await hub.HostTextAsync()).Order);
    }

    [Fact]
    public async Task Only_the_names_that_are_asked_for_are_shown()
    {
        var hub = new TestHub(isMerged: false);
        hub.Source.Hosts.Add(TestHost.Of("a", (TestHost.Counter("c_total"), [1]), (TestHost.Histogram("h", "1.0", "+Inf"), [1, 2, 3, 2])));

        var text = ExpositionText.Parse(await hub.TextAsync(ExpositionFormat.Text, "c", "h_sum"));

        Assert.Equal(["c_total{instance=a}", "h_sum{instance=a}"], text.Order);
    }

    private static HostSnapshot HostOf(string instance, MetricSnapshot snapshot) =>
        new(instance, TestHost.Start, TestHost.Start.AddMinutes(1), snapshot);

    private static string Labelled(byte[] text, string instance) => string.Concat(System.Text.Encoding.UTF8.GetString(text)
        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Where(line => !line.StartsWith('#'))
        .Select(line => line.AsSpan().IndexOfAny('{', ' ') is var end && line[end] == '{'
            ? $"{line[..end]}{{instance=\"{instance}\",{line[(end + 1)..]}\n"
            : $"{line[..end]}{{instance=\"{instance}\"}}{line[end..]}\n"));
}

using GunicornPrometheusExporter.Deaths;
using GunicornPrometheusExporter.Exporter.Readings;
using GunicornPrometheusExporter.Exporter.StatusPage;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.StatusPage;

public sealed class StatusWatchTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch);
    private readonly StatusWatch _watch;
    private int _readings;
    private OldestRequest[] _oldest = [];
    private Sample[] _natives = [];
    private (MetricFamily Family, string[] Labels, double Value)[] _samples = [];

    public StatusWatchTests() => _watch = new(Read, _time);

    [Fact]
    public void However_many_look_the_store_is_read_once_a_second()
    {
        for (var look = 0; look < 5; look++) _watch.Look();
        Assert.Equal(1, _readings);

        _time.Advance(TimeSpan.FromSeconds(1));
        _watch.Look();
        Assert.Equal(2, _readings);
    }

    [Fact]
    public void Rates_are_what_was_counted_since_a_reading_ten_seconds_ago()
    {
        for (var second = 0; second <= 30; second++)
        {
            _samples =
            [
                (MetricCatalogue.HttpRequests, ["GET", "/a", "200"], second * second),
                (MetricCatalogue.HttpRequests, ["GET", "/a", "500"], 2 * second),
                (MetricCatalogue.HttpRequests, ["GET", "/a", "404"], second),
            ];
            _watch.Look();
            if (second < 30) _time.Advance(TimeSpan.FromSeconds(1));
        }

        var status = _watch.Look();

        Assert.Equal(TimeSpan.FromSeconds(10), status.Window);
        Assert.Equal((((30 * 30) - (20 * 20)) / 10.0) + 3, Assert.Single(status.Routes).Traffic.Requests, 9);
        Assert.Equal(2, status.Traffic!.ServerErrors, 9);
        Assert.Equal(1, status.Traffic.ClientErrors, 9);
    }

    [Fact]
    public void Quantiles_are_those_of_native_histograms_where_these_have_every_request()
    {
        _watch.Look();
        _time.Advance(TimeSpan.FromSeconds(1));
        _samples = [(MetricCatalogue.HttpRequests, ["GET", "/a", "200"], 10)];
        _natives = [Native("0.0003", 0), Native("0.0004", 10)];

        var route = Assert.Single(_watch.Look().Routes);

        Assert.Equal(.00035, route.Traffic.Latencies.Quantile(.5)!.Value.Seconds, 9);
        Assert.Equal(0, route.Traffic.Buckets.Total);

    }

    [Fact]
    public void Quantiles_are_those_of_the_served_buckets_while_a_native_histogram_is_new_or_missing()
    {
        _samples = [(MetricCatalogue.HttpRequests, ["GET", "/a", "200"], 10), (Bucket, ["/a", "+Inf", "GET"], 10)];
        _watch.Look();
        _time.Advance(TimeSpan.FromSeconds(1));
        // It begins with the earlier requests.
        _samples = [(MetricCatalogue.HttpRequests, ["GET", "/a", "200"], 11), (Bucket, ["/a", "0.001", "GET"], 1), (Bucket, ["/a", "+Inf", "GET"], 11)];
        _natives = [Native("0.0003", 0), Native("0.0004", 11)];
        Assert.Equal(new LatencyQuantile(.001, "<"), Assert.Single(_watch.Look().Routes).Traffic.Latencies.Quantile(.5));

        _time.Advance(TimeSpan.FromSeconds(20));
        _samples = [(MetricCatalogue.HttpRequests, ["GET", "/a", "200"], 12), (Bucket, ["/a", "0.001", "GET"], 2), (Bucket, ["/a", "+Inf", "GET"], 12)];
        _natives = [Native("0.0003", 0), Native("0.0004", 12)];
        var status = _watch.Look();
        Assert.Equal(.00035, Assert.Single(status.Routes).Traffic.Latencies.Quantile(.5)!.Value.Seconds, 9);
        Assert.Equal(.00035, status.Traffic!.Latencies.Quantile(.5)!.Value.Seconds, 9);

        // Another route has none: then neither has the traffic.
        _time.Advance(TimeSpan.FromSeconds(20));
        _samples = [.. _samples, (MetricCatalogue.HttpRequests, ["GET", "/b", "200"], 1), (Bucket, ["/b", "+Inf", "GET"], 1)];
        Assert.Equal(new LatencyQuantile(.001, ">"), _watch.Look().Traffic!.Latencies.Quantile(.5));
    }

    [Fact]
    public void A_store_that_was_made_anew_gives_no_negative_rate()
    {
        _samples = [(MetricCatalogue.HttpRequests, ["GET", "/a", "200"], 100)];
        _watch.Look();
        _time.Advance(TimeSpan.FromSeconds(1));
        _samples = [(MetricCatalogue.HttpRequests, ["GET", "/a", "200"], 1)];

        Assert.Equal(0, _watch.Look().Traffic!.Requests);
    }

    [Fact]
    public void A_worker_is_as_busy_as_its_busy_seconds_say()
    {
        _samples = Worker(busy: 10);
        _watch.Look();
        _time.Advance(TimeSpan.FromSeconds(2));
        _samples = Worker(busy: 13);
        _oldest = [new("worker_1", "GET", "/slow", 7)];

        var worker = Assert.Single(_watch.Look().Workers);

        Assert.Equal(.75, worker.Utilisation!.Value, 9);
        Assert.Equal("running", worker.State);
        Assert.Equal("/slow", worker.Oldest!.Route);
    }

    [Fact]
    public void Workers_of_several_hosts_stay_apart()
    {
        Sample[] samples = [.. Two("web-1"), .. Two("web-2")];

        var status = new StatusReading(new Samples(DateTimeOffset.UnixEpoch, samples), null).ToStatus([]);

        Assert.Equal(["web-1 worker_1", "web-2 worker_1"], status.Workers.Select(worker => worker.Id));
        Assert.All(status.Workers, worker => Assert.Equal(2, worker.Restarts));

        static Sample[] Two(string host) =>
        [
            new(new(MetricCatalogue.WorkerState.Name, [new("instance", host), new("state", "running"), new("worker_id", "worker_1")]), 1),
            new(new(MetricCatalogue.WorkerStarts.Name, [new("instance", host), new("worker_id", "worker_1")]), 3),
        ];
    }

    [Fact]
    public void What_comes_from_outside_is_escaped()
    {
        var html = new HtmlWriter();
        html.Write($"<b>{"<script>\"'&"}</b>");
        Assert.Equal("<b>&lt;script&gt;&quot;&#x27;&amp;</b>", html.ToString());
    }

    [Fact]
    public void A_name_without_end_is_cut()
    {
        _watch.Look();
        _time.Advance(TimeSpan.FromSeconds(1));
        _samples = [(MetricCatalogue.HttpRequests, ["GET", new string('<', 10_000), "200"], 1)];

        var page = StatusDocument.Write(new(_watch.Look()));
        Assert.Contains(Escaped(200), page, StringComparison.Ordinal);
        Assert.DoesNotContain(Escaped(201), page, StringComparison.Ordinal);
        Assert.DoesNotContain("%3C%3C", page, StringComparison.Ordinal);

        static string Escaped(int length) => string.Concat(Enumerable.Repeat("&lt;", length));
    }

    private static (MetricFamily Family, string[] Labels, double Value)[] Worker(double busy) =>
    [
        (MetricCatalogue.WorkerState, ["worker_1", "running"], 1),
        (MetricCatalogue.WorkerState, ["worker_1", "quit"], 0),
        (MetricCatalogue.WorkerCapacity, ["worker_1"], 2),
        (MetricCatalogue.WorkerBusy, ["worker_1"], busy),
    ];

    private static MetricFamily Bucket { get; } = MetricCatalogue.HttpRequestDuration with
    {
        Name = MetricCatalogue.HttpRequestDuration.Name + MetricFamily.BucketSuffix,
        Labels = ["endpoint", "le", "method"],
    };

    private static Sample Native(string bound, double count) => new(
        new(MetricCatalogue.HttpRequestDuration.Name + MetricFamily.NativeSuffix, [new("endpoint", "/a"), new("le", bound), new("method", "GET")]),
        count);

    private StoreLook Read()
    {
        _readings++;
        var families = _samples.Select(sample => new SnapshotFamily(
            sample.Family.Name, sample.Family.Type, GaugeMode.All, sample.Family.Help,
            [new(sample.Family.Name, [.. sample.Family.Labels.Zip(sample.Labels, (name, value) => new Label(name, value))])]));
        return new(new(_time.GetUtcNow(), new([.. families]), _samples.Select(sample => sample.Value).ToArray()), _oldest, _natives);
    }
}

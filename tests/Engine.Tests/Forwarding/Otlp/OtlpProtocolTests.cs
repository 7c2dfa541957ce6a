using System.Collections.Frozen;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using GunicornPrometheusExporter.Engine.Tests.Forwarding.Redis;
using GunicornPrometheusExporter.Engine.Tests.Forwarding.RemoteWrite;
using GunicornPrometheusExporter.Forwarding;
using GunicornPrometheusExporter.Forwarding.Otlp;
using GunicornPrometheusExporter.Forwarding.Otlp.Messages;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;
using Xunit;
using static GunicornPrometheusExporter.Engine.Tests.Forwarding.RemoteWrite.Snapshots;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding.Otlp;

/// <summary>What an export contains.</summary>
public sealed class OtlpProtocolTests : IAsyncLifetime
{
    private const ulong Time = 1_750_000_000_000_000_000;

    private readonly ManualClock _clock = new();
    private OtlpReceiver _receiver = null!;

    public async ValueTask InitializeAsync() => _receiver = await OtlpReceiver.StartAsync();

    public ValueTask DisposeAsync() => _receiver.DisposeAsync();

    [Theory]
    [InlineData(true, "gzip")]
    [InlineData(false, null)]
    public async Task A_request_is_a_post_of_protobuf(bool isCompressed, string? encoding)
    {
        var settings = _receiver.Settings();
        settings = settings with { IsCompressed = isCompressed, Receiver = settings.Receiver with { Headers = [new("X-Key", "a b")] } };
        await using var forwarder = new OtlpForwarder(settings, _clock);

        await forwarder.ForwardAsync(LayoutOf("a").At(_clock, 1), TestContext.Current.CancellationToken);

        var headers = Assert.Single(_receiver.Requests).Headers;
        Assert.Equal(("POST /v1/metrics", "application/x-protobuf"), (headers["request"], headers["Content-Type"]));
        Assert.Equal((encoding, "a b"), (headers.GetValueOrDefault("Content-Encoding"), headers["X-Key"]));
        Assert.StartsWith("gunicorn-prometheus-exporter/", headers["User-Agent"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_receiver_is_trusted_by_the_configured_authority_and_shown_the_client_certificate()
    {
        using var certificates = new TestCertificates();
        using var certificate = X509Certificate2.CreateFromPemFile(certificates.CertificateFile, certificates.KeyFile);
        await using var receiver = await OtlpReceiver.StartAsync(certificate: certificate);
        var settings = receiver.Settings();
        var snapshot = LayoutOf("a").At(_clock, 1);

        var untrusting = new OtlpForwarder(settings, _clock);
        var fault = await Assert.ThrowsAsync<ForwardingException>(() => untrusting.ForwardAsync(snapshot, TestContext.Current.CancellationToken));
        Assert.Contains("could not be reached: The remote certificate is invalid", fault.Message, StringComparison.Ordinal);
        await using var forwarder = new OtlpForwarder(
            settings with
            {
                Receiver = settings.Receiver with
                {
                    AuthorityFile = certificates.AuthorityFile,
                    CertificateFile = certificates.CertificateFile,
                    KeyFile = certificates.KeyFile,
                },
            },
            _clock);
        await forwarder.ForwardAsync(snapshot, TestContext.Current.CancellationToken);

        Assert.Equal([1], receiver.Gauges);
        Assert.Equal("CN=127.0.0.1", receiver.ClientName);
    }

    [Fact]
    public async Task Counters_are_cumulative_monotonic_sums_and_gauges_have_no_start()
    {
        var layout = new SnapshotLayout(
        [
            FamilyOf("gunicorn_http_requests_total", MetricType.Counter, SampleOf(
                "gunicorn_http_requests_total", ("endpoint", "/a"), ("host", "x"), ("method", "__other__"), ("status_code", "204"))),
            FamilyOf("gunicorn_worker_memory_bytes", MetricType.Gauge, SampleOf("gunicorn_worker_memory_bytes", ("worker_id", "worker_1"))),
            FamilyOf("app_jobs_total", MetricType.Counter, SampleOf("app_jobs_total", ("endpoint", "x"), ("none", ""))),
        ]);
        await ForwardAsync(layout.At(_clock, 5, 6, 7) with { Details = Details(1_700_000_000.5, 1, 0) });

        var scopes = Assert.Single(_receiver.Accepted).ResourceMetrics.Single().ScopeMetrics;
        Assert.Equal(["gunicorn-prometheus-exporter", "prometheus_client"], scopes.Select(scope => scope.Scope.Name));
        var (requests, memory, jobs) = (scopes[0].Metrics[0], scopes[0].Metrics[1], scopes[1].Metrics[0]);
        Assert.Equal(("gunicorn.http.requests", "{request}", "Help of gunicorn_http_requests_total"), (requests.Name, requests.Unit, requests.Description));
        Assert.Equal((true, AggregationTemporality.Cumulative), (requests.Sum.IsMonotonic, requests.Sum.AggregationTemporality));
        var point = requests.Sum.DataPoints.Single();
        Assert.Equal((5, 1_700_000_000_500_000_000UL, Time), (point.AsDouble, point.StartTimeUnixNano, point.TimeUnixNano));
        Assert.Equal(
            ["http.route=/a", "host=x", "http.request.method=_OTHER", "http.response.status_code=204"],
            point.Attributes.Select(TextOf));
        Assert.Equal(AnyValue.ValueOneofCase.IntValue, point.Attributes[3].Value.ValueCase);
        Assert.Equal(("gunicorn.worker.memory", "By"), (memory.Name, memory.Unit));
        Assert.Equal((6, 0UL), (memory.Gauge.DataPoints.Single().AsDouble, memory.Gauge.DataPoints.Single().StartTimeUnixNano));
        Assert.Equal(["gunicorn.worker_id=worker_1"], memory.Gauge.DataPoints.Single().Attributes.Select(TextOf));
        Assert.Equal(("app_jobs_total", "", 0UL), (jobs.Name, jobs.Unit, jobs.Sum.DataPoints.Single().StartTimeUnixNano));
        Assert.Equal(["endpoint=x"], jobs.Sum.DataPoints.Single().Attributes.Select(TextOf));
    }

    [Fact]
    public async Task A_start_does_not_move_back_when_a_worker_with_an_older_file_records_the_series_too()
    {
        var forwarder = new OtlpForwarder(_receiver.Settings(), _clock);
        foreach (var start in (double[])[100, 99, 200])
        {
            var layout = new SnapshotLayout([FamilyOf("app_jobs_total", MetricType.Counter, SampleOf("app_jobs_total"))]);
            await forwarder.ForwardAsync(layout.At(_clock, 1) with { Details = Details(start) }, TestContext.Current.CancellationToken);
            _clock.Move(forwarder.Interval);
        }

        Assert.Equal(
            [100_000_000_000UL, 100_000_000_000, 200_000_000_000],
            _receiver.Metrics.Select(metric => metric.Sum.DataPoints.Single().StartTimeUnixNano));
        await forwarder.DisposeAsync();
    }

    [Fact]
    public async Task A_histogram_has_the_count_of_each_bucket_alone_and_exemplars_with_bytes()
    {
        var layout = HistogramLayout("gunicorn_http_request_duration_seconds", "0.1", "1.0", "+Inf");
        await ForwardAsync(layout.At(_clock, 2, 5, 6, 6, 12.5) with { Details = Details(1, 1, 1, 1, 1) });

        var metric = Assert.Single(_receiver.Metrics);
        Assert.Equal(("http.server.request.duration", "s"), (metric.Name, metric.Unit));
        Assert.Equal(AggregationTemporality.Cumulative, metric.Histogram.AggregationTemporality);
        var point = metric.Histogram.DataPoints.Single();
        Assert.Equal((6UL, 12.5, 1_000_000_000UL, Time), (point.Count, point.Sum, point.StartTimeUnixNano, point.TimeUnixNano));
        Assert.Equal([0.1, 1], point.ExplicitBounds);
        Assert.Equal([2UL, 3, 1], point.BucketCounts);
        Assert.Equal(["http.route=/"], point.Attributes.Select(TextOf));
    }

    [Theory]
    [InlineData(2.0, 1.0, 6.0, 6.0, 1.0)]
    [InlineData(2.0, 2.5, 6.0, 6.0, 1.0)]
    [InlineData(-1.0, 2.0, 6.0, 6.0, 1.0)]
    [InlineData(1.0, 2.0, 3.0, double.NaN, 1.0)]
    public async Task A_histogram_whose_counts_are_invalid_is_not_sent(params double[] values)
    {
        await ForwardAsync(HistogramLayout("h", "0.1", "1.0", "+Inf").At(_clock, values));

        Assert.Empty(_receiver.Requests);
    }

    [Fact]
    public async Task A_histogram_of_negative_observations_has_no_sum()
    {
        await ForwardAsync(HistogramLayout("h", "-1.0", "1.0", "+Inf").At(_clock, 1, 2, 3, 3, -9));

        Assert.False(_receiver.Metrics.Single().Histogram.DataPoints.Single().HasSum);
    }

    [Fact]
    public async Task A_summary_has_its_count_and_sum()
    {
        await ForwardAsync(new SnapshotLayout([FamilyOf("s", MetricType.Summary, SampleOf("s_count"), SampleOf("s_sum"))]).At(_clock, 3, 4.5));

        var point = _receiver.Metrics.Single().Summary.DataPoints.Single();
        Assert.Equal((3UL, 4.5), (point.Count, point.Sum));
    }

    [Fact]
    public async Task A_series_that_disappears_ends_with_a_point_without_a_value_and_so_does_each_at_the_stop()
    {
        var both = LayoutOf("a", "b");
        await using (var forwarder = new OtlpForwarder(_receiver.Settings(), _clock))
        {
            foreach (var snapshot in (Func<MetricSnapshot>[])[() => both.At(_clock, 1, 2), () => both.At(_clock, 1, MetricSnapshot.Absent),
                () => both.At(_clock, 1, 3), () => LayoutOf("b").At(_clock, 4)])
            {
                await forwarder.ForwardAsync(snapshot(), TestContext.Current.CancellationToken);
                _clock.Move(forwarder.Interval);
            }
        }

        Assert.Equal(
            ["a 1, b 2", "a 1, b end", "a 1, b 3", "a end", "b 4", "b end"],
            _receiver.Accepted.Select(request => string.Join(", ", request.ResourceMetrics.Single().ScopeMetrics.Single().Metrics.SelectMany(
                metric => metric.Gauge.DataPoints.Select(point => $"{metric.Name} {(point.Flags == 1 && !point.HasAsDouble ? "end" : point.AsDouble)}")))));
    }

    [Fact]
    public async Task A_large_snapshot_is_several_requests_with_the_same_resource()
    {
        var layout = new SnapshotLayout(
            [FamilyOf("a", MetricType.Gauge, [.. Enumerable.Range(0, 12_000).Select(index => SampleOf("a", ("i", $"{index}")))])]);

        await ForwardAsync(layout.At(_clock, [.. Enumerable.Range(0, 12_000).Select(index => (double)index)]));

        Assert.Equal(3, _receiver.Requests.Count);
        Assert.Equal(Enumerable.Range(0, 12_000).Select(index => (double)index), _receiver.Gauges);
        Assert.Single(_receiver.Accepted.Select(request => request.ResourceMetrics.Single().Resource).Distinct());
    }

    [Fact]
    public void The_messages_have_the_published_field_numbers()
    {
        // Bytes by the numbers of opentelemetry-proto 1.x: fixed64 times are fields 2 and 3, the double is 4, the flags are 8.
        var point = new NumberDataPoint { StartTimeUnixNano = 1, TimeUnixNano = 2, AsDouble = 1, Flags = 1, Attributes = { Conventions.Attribute("k", "v") } };
        Assert.Equal("11010000000000000019020000000000000021000000000000F03F3A080A016B12030A01764001", Convert.ToHexString(point.ToByteArray()));
        var histogram = new HistogramDataPoint { Count = 1, Sum = 0, BucketCounts = { 1 }, ExplicitBounds = { 1 }, Flags = 1 };
        Assert.Equal("21010000000000000029000000000000000032080100000000000000" + "3A08000000000000F03F5001", Convert.ToHexString(histogram.ToByteArray()));
        var exponential = new ExponentialHistogramDataPoint
        {
            Count = 1,
            Scale = -1,
            ZeroCount = 1,
            ZeroThreshold = 1,
            Positive = new() { Offset = -1, BucketCounts = { 1, 2 } },
        };
        Assert.Equal("21010000000000000030013901000000000000004206080112020102" + "71000000000000F03F", Convert.ToHexString(exponential.ToByteArray()));
        var exemplar = new Exemplar { TimeUnixNano = 1, AsDouble = 1, SpanId = ByteString.CopyFrom(2), TraceId = ByteString.CopyFrom(3) };
        Assert.Equal("11010000000000000019000000000000F03F2201022A0103", Convert.ToHexString(exemplar.ToByteArray()));
    }

    private static string TextOf(KeyValue attribute) => $"{attribute.Key}={(attribute.Value.HasIntValue ? attribute.Value.IntValue : attribute.Value.StringValue)}";

    private static SnapshotDetails Details(params double[] created) => new(
        [.. created], FrozenDictionary<int, GunicornPrometheusExporter.HistogramDetails.Exemplar>.Empty, FrozenDictionary<int, NativeCounts>.Empty);

    private static SnapshotLayout HistogramLayout(string name, params string[] bounds) => new(
    [
        FamilyOf(
            name, MetricType.Histogram,
            [
                .. bounds.Select(bound => SampleOf($"{name}_bucket", ("endpoint", "/"), ("le", bound))),
                SampleOf($"{name}_count", ("endpoint", "/")), SampleOf($"{name}_sum", ("endpoint", "/")),
            ]),
    ]);

    private async Task ForwardAsync(MetricSnapshot snapshot)
    {
        var forwarder = new OtlpForwarder(_receiver.Settings(), _clock);
        await forwarder.ForwardAsync(snapshot, TestContext.Current.CancellationToken);
    }
}

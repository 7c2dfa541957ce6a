using System.Collections.Frozen;
using GunicornPrometheusExporter.Forwarding;
using GunicornPrometheusExporter.Forwarding.RemoteWrite;
using GunicornPrometheusExporter.HistogramDetails;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;
using Xunit;
using MetadataType = GunicornPrometheusExporter.Forwarding.RemoteWrite.Messages.V2.Metadata.Types.MetricType;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding.RemoteWrite;

/// <summary>What is on the wire.</summary>
public sealed class RemoteWriteProtocolTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new();
    private ScriptedReceiver _receiver = null!;

    public async ValueTask InitializeAsync() => _receiver = await ScriptedReceiver.StartAsync();

    public ValueTask DisposeAsync() => _receiver.DisposeAsync();

    [Theory]
    [InlineData("1.0", "application/x-protobuf", "0.1.0")]
    [InlineData("2.0", "application/x-protobuf;proto=io.prometheus.write.v2.Request", "2.0.0")]
    public async Task A_request_is_a_post_of_snappy_protobuf_with_the_headers_of_its_version(string protocol, string type, string version)
    {
        await using var forwarder = Forwarder(ProtocolOf(protocol));

        await forwarder.ForwardAsync(Snapshots.LayoutOf("a").At(_clock, 1), TestContext.Current.CancellationToken);

        var request = Assert.Single(_receiver.Requests);
        Assert.Equal(("POST", "/api/v1/write"), (request.Method, request.Path));
        Assert.Equal(type, request.Headers["Content-Type"]);
        Assert.Equal("snappy", request.Headers["Content-Encoding"]);
        Assert.Equal(version, request.Headers["X-Prometheus-Remote-Write-Version"]);
        Assert.StartsWith("gunicorn-prometheus-exporter/", request.Headers["User-Agent"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1.0")]
    [InlineData("2.0")]
    public async Task Labels_are_sorted_unique_and_not_empty_with_those_of_every_series_and_the_name_among_them(string protocol)
    {
        var layout = new SnapshotLayout(
        [
            Snapshots.FamilyOf(
                "r", MetricType.Counter,
                Snapshots.SampleOf("r", ("Zone", "z"), ("empty", ""), ("job", "own"), ("path", "/ü\"\n")),
                Snapshots.SampleOf("r", ("exported_job", "x"), ("instance", "y"))),
        ]);
        await using var forwarder = Forwarder(ProtocolOf(protocol), new Label("job", "gunicorn"), new Label("instance", "h1"));

        await forwarder.ForwardAsync(layout.At(_clock, 1, 2), TestContext.Current.CancellationToken);

        Assert.Equal(
            [
                "Zone=\"z\",__name__=\"r\",exported_job=\"own\",instance=\"h1\",job=\"gunicorn\",path=\"/ü\"\n\"",
                "__name__=\"r\",exported_instance=\"y\",exported_job=\"x\",instance=\"h1\",job=\"gunicorn\"",
            ],
            _receiver.Samples.Select(sample => sample.Series));
    }

    [Theory]
    [InlineData("1.0")]
    [InlineData("2.0")]
    public async Task Values_are_exact_and_times_are_milliseconds(string protocol)
    {
        double[] values = [0, -0.0, 1.5, double.MaxValue, double.Epsilon, double.PositiveInfinity, double.NegativeInfinity, double.NaN];
        var layout = Snapshots.LayoutOf([.. values.Select((_, index) => $"m{index}")]);
        await using var forwarder = Forwarder(ProtocolOf(protocol));

        await forwarder.ForwardAsync(layout.At(_clock, values), TestContext.Current.CancellationToken);
        _clock.Move(TimeSpan.FromMilliseconds(15_001));
        await forwarder.ForwardAsync(layout.At(_clock, values), TestContext.Current.CancellationToken);

        Assert.Equal(
            [.. values, .. values],
            _receiver.Samples.Select(sample => sample.Value), (left, right) => BitConverter.DoubleToUInt64Bits(left) == BitConverter.DoubleToUInt64Bits(right));
        Assert.Equal([1_750_000_000_000, 1_750_000_015_001], _receiver.Samples.Select(sample => sample.Time).Distinct());
    }

    [Fact]
    public async Task Two_samples_that_differ_by_an_empty_label_only_are_one_series()
    {
        var layout = new SnapshotLayout(
            [Snapshots.FamilyOf("r", MetricType.Gauge, Snapshots.SampleOf("r", ("a", "")), Snapshots.SampleOf("r"), Snapshots.SampleOf("r", ("a", "b")))]);
        await using var forwarder = Forwarder(WriteProtocol.V1);

        await forwarder.ForwardAsync(layout.At(_clock, 1, 2, 3), TestContext.Current.CancellationToken);

        Assert.Equal([("__name__=\"r\"", 1), ("__name__=\"r\",a=\"b\"", 3)], _receiver.Samples.Select(sample => (sample.Series, sample.Value)));
    }

    [Theory]
    [InlineData("2.0", "__name__=\"a.b\",l.x=\"1\",ü=\"2\"", "__name__=\"a_b\",l_x=\"1\",ü=\"2\"")]
    [InlineData("1.0", "_=\"2\",__name__=\"a_b\",l_x=\"1\"")]
    [InlineData("auto", "_=\"2\",__name__=\"a_b\",l_x=\"1\"")]
    public async Task Names_of_any_characters_are_sent_in_version_2_and_escaped_in_version_1(string protocol, params string[] expected)
    {
        (string, string)[] labels = [("l.x", "1"), ("ü", "2")], escaped = [("l_x", "1"), ("ü", "2")];
        var layout = new SnapshotLayout(
        [
            Snapshots.FamilyOf("a.b", MetricType.Gauge, Snapshots.SampleOf("a.b", labels)),
            Snapshots.FamilyOf("a_b", MetricType.Gauge, Snapshots.SampleOf("a_b", escaped)),
        ]);
        _receiver.UnderstandsV2 = protocol == "2.0";
        await using var forwarder = Forwarder(protocol == "auto" ? WriteProtocol.Unspecified : ProtocolOf(protocol));

        await forwarder.ForwardAsync(layout.At(_clock, 3, 4), TestContext.Current.CancellationToken);

        Assert.Equal(expected, _receiver.Samples.Select(sample => sample.Series));
        Assert.Equal(3, _receiver.Samples[0].Value);
    }

    [Fact]
    public async Task Version_2_has_each_text_once_the_empty_one_first_and_every_series_says_what_it_is()
    {
        var layout = new SnapshotLayout(
        [
            Snapshots.FamilyOf("read_bytes_total", MetricType.Counter, Snapshots.SampleOf("read_bytes_total", ("a", "b"))),
            Snapshots.FamilyOf(
                "wait_seconds", MetricType.Histogram,
                Snapshots.SampleOf("wait_seconds_bucket", ("le", "+Inf")), Snapshots.SampleOf("wait_seconds_count"), Snapshots.SampleOf("wait_seconds_sum")),
            Snapshots.FamilyOf("s", MetricType.Summary, Snapshots.SampleOf("s_count")) with { Help = "" },
        ]);
        await using var forwarder = Forwarder(WriteProtocol.V2);

        await forwarder.ForwardAsync(layout.At(_clock, 1, 2, 3, 4, 5), TestContext.Current.CancellationToken);

        var request = Assert.Single(_receiver.Requests).AsV2();
        Assert.Equal("", request.Symbols[0]);
        Assert.Equal(request.Symbols.Count, request.Symbols.Distinct().Count());
        var metadata = request.Timeseries.Select(series => series.Metadata).ToArray();
        Assert.Equal(
            [MetadataType.Counter, MetadataType.Histogram, MetadataType.Histogram, MetadataType.Histogram, MetadataType.Summary],
            metadata.Select(one => one.Type));
        Assert.Equal(["bytes", "seconds", "seconds", "seconds", ""], metadata.Select(one => request.Symbols[(int)one.UnitRef]));
        Assert.Equal(("Help of wait_seconds", ""), (request.Symbols[(int)metadata[1].HelpRef], request.Symbols[(int)metadata[4].HelpRef]));
    }

    [Fact]
    public async Task Version_2_says_when_counters_and_histograms_were_0()
    {
        var layout = new SnapshotLayout(
        [
            Snapshots.FamilyOf("c_total", MetricType.Counter, Snapshots.SampleOf("c_total")),
            Snapshots.FamilyOf("g", MetricType.Gauge, Snapshots.SampleOf("g")),
        ]);
        var snapshot = layout.At(_clock, 1, 2) with { Details = DetailsOf([1_700_000_000.5, 0]) };
        await using (var forwarder = Forwarder(WriteProtocol.V2))
        {
            await forwarder.ForwardAsync(snapshot, TestContext.Current.CancellationToken);
        }

        var samples = _receiver.Requests.SelectMany(request => request.AsV2().Timeseries.Select(series => Assert.Single(series.Samples))).ToArray();
        Assert.Equal([1_700_000_000_500, 0, 1_700_000_000_500, 0], samples.Select(sample => sample.StartTimestamp));
        Assert.Equal([1, 2], samples.Take(2).Select(sample => sample.Value));
        Assert.All(samples.Take(2), sample => Assert.Equal(1_750_000_000_000, sample.Timestamp));
        Assert.True(_receiver.Samples.Skip(2).All(sample => sample.IsEnd));
    }

    [Fact]
    public async Task Version_2_has_each_exemplar_once_beside_the_sample_of_its_bucket()
    {
        var layout = Histogram();
        await using var forwarder = Forwarder(WriteProtocol.V2);

        await SendAsync(Exemplar(0.25, 1_750_000_000.123));
        await SendAsync(Exemplar(0.25, 1_750_000_000.123));
        await SendAsync(Exemplar(0.5, 1_750_000_020));

        var found = _receiver.Requests.Select(request => request.AsV2())
            .SelectMany(request => request.Timeseries.SelectMany(series => series.Exemplars.Select(one => (request, series, one)))).ToArray();
        Assert.Equal([(0.25, 1_750_000_000_123), (0.5, 1_750_000_020_000)], found.Select(entry => (entry.one.Value, entry.one.Timestamp)));
        Assert.All(found, entry => Assert.Equal(
            ["span_id", "00f067aa0ba902b7", "trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"],
            entry.one.LabelsRefs.Select(reference => entry.request.Symbols[(int)reference])));
        // Each bucket has one sample in each snapshot, wherever it stands.
        Assert.Equal([1, 1, 1], _receiver.Samples.Where(sample => sample.Series.Contains("le=\"1.0\"", StringComparison.Ordinal)).Select(sample => sample.Value));
        Assert.Equal(12, _receiver.Samples.Count);

        async Task SendAsync(Exemplar exemplar)
        {
            var details = DetailsOf(new double[4]) with { Exemplars = new Dictionary<int, Exemplar> { [0] = exemplar }.ToFrozenDictionary() };
            await forwarder.ForwardAsync(layout.At(_clock, 1, 2, 3.5, 2) with { Details = details }, TestContext.Current.CancellationToken);
            _clock.Move(forwarder.Interval);
        }
    }

    [Fact]
    public async Task Version_2_has_native_histograms_and_their_end()
    {
        var layout = Histogram();
        var native = new NativeCounts(3, 2, 9, -1, [1, 0, 0, 4, 2]);
        var details = DetailsOf([1_700_000_000, 1_700_000_000, 1_700_000_000, 1_700_000_000]) with
        {
            Natives = new Dictionary<int, NativeCounts> { [2] = native }.ToFrozenDictionary(),
        };
        await using var forwarder = Forwarder(WriteProtocol.V2, new Label("job", "gunicorn"));
        await forwarder.ForwardAsync(layout.At(_clock, 1, 2, 3.5, 2) with { Details = details }, TestContext.Current.CancellationToken);
        _clock.Move(forwarder.Interval);
        // Another layout continues the series.
        await forwarder.ForwardAsync(Histogram().At(_clock, 1, 2, 3.5, 2) with { Details = details }, TestContext.Current.CancellationToken);
        _clock.Move(forwarder.Interval);
        await forwarder.ForwardAsync(layout.At(_clock, 1, 2, 3.5, 2) with { Details = DetailsOf(new double[4]) }, TestContext.Current.CancellationToken);

        var series = _receiver.Requests.Select(request => request.AsV2())
            .SelectMany(request => request.Timeseries.Where(one => one.Histograms.Count > 0).Select(one => (request.Symbols, Series: one))).ToArray();
        Assert.All(series, one => Assert.Equal(
            ["__name__", "h", "job", "gunicorn"], one.Series.LabelsRefs.Select(reference => one.Symbols[(int)reference])));
        Assert.All(series, one => Assert.Empty(one.Series.Samples));
        var first = Assert.Single(series[0].Series.Histograms);
        Assert.Equal((9ul, 3.5, 3, 2ul), (first.CountInt, first.Sum, first.Schema, first.ZeroCountInt));
        Assert.Equal([(-1, 1u), (2, 2u)], first.PositiveSpans.Select(span => (span.Offset, span.Length)));
        Assert.Equal([1L, 3, -2], first.PositiveDeltas);
        Assert.Equal((1_750_000_000_000, 1_700_000_000_000), (first.Timestamp, first.StartTimestamp));
        Assert.Equal(
            [false, false, true], series.Select(one => MetricSnapshot.IsAbsent(one.Series.Histograms[0].Sum)));
    }

    [Fact]
    public async Task Native_histograms_may_replace_the_classic_ones_and_then_have_their_exemplars()
    {
        var details = DetailsOf(new double[4]);
        var native = details with
        {
            Natives = new Dictionary<int, NativeCounts> { [2] = new(3, 0, 1, 0, [1]) }.ToFrozenDictionary(),
            Exemplars = new Dictionary<int, Exemplar> { [0] = Exemplar(0.25, 2), [1] = Exemplar(4, 1) }.ToFrozenDictionary(),
        };
        await using var forwarder = new RemoteWriteForwarder(
            new() { Url = _receiver.Url, Protocol = WriteProtocol.V2, IsNativeOnly = true }, _clock);
        foreach (var next in new[] { native, native, details })
        {
            await forwarder.ForwardAsync(Histogram().At(_clock, 1, 2, 3.5, 2) with { Details = next }, TestContext.Current.CancellationToken);
            _clock.Move(forwarder.Interval);
        }

        var series = _receiver.Requests.SelectMany(request => request.AsV2().Timeseries).ToArray();
        // The classic ones appear as soon as there is no native one.
        Assert.Equal(4, series.Count(one => one.Samples.Count > 0));
        Assert.Equal(
            (double[][])[[4, 0.25], [], []],
            series.Where(one => one.Histograms.Count > 0).Select(one => one.Exemplars.Select(exemplar => exemplar.Value).ToArray()));
    }

    [Fact]
    public async Task A_receiver_without_native_histograms_gets_every_sample_once()
    {
        var details = DetailsOf(new double[4]) with
        {
            Natives = new Dictionary<int, NativeCounts> { [2] = new(3, 0, 1, 0, [1]) }.ToFrozenDictionary(),
        };
        await using var forwarder = Forwarder(WriteProtocol.V2);
        _receiver.Next(204, "", ("X-Prometheus-Remote-Write-Samples-Written", "4"));
        _receiver.Next(500, "native histograms are disabled");

        var fault = await Assert.ThrowsAsync<ForwardingException>(() => SendAsync());
        Assert.EndsWith("answered 500: native histograms are disabled", fault.Message, StringComparison.Ordinal);
        Assert.Equal((1, 0), (fault.Forwarded.Dropped, fault.Forwarded.Waiting));
        await SendAsync();

        Assert.Equal(4, _receiver.Requests.Count);
        Assert.Equal(4, _receiver.Samples.Count);

        Task<Forwarded> SendAsync()
        {
            _clock.Move(forwarder.Interval);
            return forwarder.ForwardAsync(Histogram().At(_clock, 1, 2, 3.5, 2) with { Details = details }, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Version_1_has_none_of_the_details()
    {
        var details = DetailsOf([1_700_000_000, 0, 0, 0]) with
        {
            Natives = new Dictionary<int, NativeCounts> { [2] = new(3, 0, 1, 0, [1]) }.ToFrozenDictionary(),
            Exemplars = new Dictionary<int, Exemplar> { [0] = Exemplar(0.25, 1) }.ToFrozenDictionary(),
        };
        _receiver.UnderstandsV2 = false;
        await using var forwarder = Forwarder(WriteProtocol.Unspecified);
        await forwarder.ForwardAsync(Histogram().At(_clock, 1, 2, 3.5, 2) with { Details = details }, TestContext.Current.CancellationToken);
        _clock.Move(forwarder.Interval);
        await forwarder.ForwardAsync(Histogram().At(_clock, 1, 2, 3.5, 2) with { Details = details }, TestContext.Current.CancellationToken);

        Assert.Equal(8, _receiver.Samples.Count);
        Assert.All(_receiver.Requests.Skip(1), request => Assert.Equal(WriteProtocol.V1, request.Protocol));
    }

    [Fact]
    public async Task A_large_snapshot_is_several_requests()
    {
        var layout = Snapshots.LayoutOf([.. Enumerable.Range(0, 12_000).Select(index => $"m{index}")]);
        await using var forwarder = Forwarder(WriteProtocol.V2);

        var forwarded = await forwarder.ForwardAsync(
            layout.At(_clock, [.. Enumerable.Range(0, 12_000).Select(index => (double)index)]), TestContext.Current.CancellationToken);

        Assert.Equal((1, 3), (forwarded.Snapshots, _receiver.Requests.Count));
        Assert.Equal(Enumerable.Range(0, 12_000).Select(index => (double)index), _receiver.Samples.Select(sample => sample.Value));
    }

    [Fact]
    public async Task The_same_snapshot_is_sent_once()
    {
        var snapshot = Snapshots.LayoutOf("a").At(_clock, 1);
        await using var forwarder = Forwarder(WriteProtocol.V2);

        await forwarder.ForwardAsync(snapshot, TestContext.Current.CancellationToken);
        var again = await forwarder.ForwardAsync(snapshot, TestContext.Current.CancellationToken);

        Assert.Equal(new Forwarded(0, 0), again);
        Assert.Single(_receiver.Requests);
    }

    private static SnapshotLayout Histogram() => new(
    [
        Snapshots.FamilyOf(
            "h", MetricType.Histogram, Snapshots.SampleOf("h_bucket", ("le", "1.0")), Snapshots.SampleOf("h_bucket", ("le", "+Inf")),
            Snapshots.SampleOf("h_sum"), Snapshots.SampleOf("h_count")),
    ]);

    private static SnapshotDetails DetailsOf(double[] created) =>
        new([.. created], FrozenDictionary<int, Exemplar>.Empty, FrozenDictionary<int, NativeCounts>.Empty);

    private static Exemplar Exemplar(double value, double time)
    {
        var context = new TraceContext();
        "4bf92f3577b34da6a3ce929d0e0e473600f067aa0ba902b7"u8.CopyTo(context);
        return new(value, time, context);
    }

    private static WriteProtocol ProtocolOf(string version) => version == "1.0" ? WriteProtocol.V1 : WriteProtocol.V2;

    private RemoteWriteForwarder Forwarder(WriteProtocol protocol, params Label[] labels) =>
        new(new() { Url = _receiver.Url, Protocol = protocol, Labels = [.. labels] }, _clock);
}

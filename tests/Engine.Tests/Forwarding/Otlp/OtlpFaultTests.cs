using GunicornPrometheusExporter.Engine.Tests.Forwarding.RemoteWrite;
using GunicornPrometheusExporter.Forwarding;
using GunicornPrometheusExporter.Forwarding.Otlp;
using GunicornPrometheusExporter.Forwarding.Otlp.Messages;
using GunicornPrometheusExporter.Snapshots;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding.Otlp;

/// <summary>What a receiver of OTLP may answer, and what the exporter then sends.</summary>
public sealed class OtlpFaultTests : IAsyncLifetime
{
    private static readonly SnapshotLayout Layout = RemoteWrite.Snapshots.LayoutOf("a");

    private readonly ManualClock _clock = new();
    private OtlpReceiver _receiver = null!;
    private double _value;

    public async ValueTask InitializeAsync() => _receiver = await OtlpReceiver.StartAsync();

    public ValueTask DisposeAsync() => _receiver.DisposeAsync();

    [Theory]
    [InlineData(429)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task A_transient_status_is_retried_in_order(int status)
    {
        await using var forwarder = Forwarder();
        _receiver.Next(status, new Status { Code = 14, Message = "queue is full\nmore" });

        var fault = await FailAsync(forwarder);
        Assert.Equal($"The OTLP receiver at {_receiver.Url.Authority} answered {status}: queue is full", fault.Message);
        Assert.Equal((0, 0, 1), (fault.Forwarded.Snapshots, fault.Forwarded.Dropped, fault.Forwarded.Waiting));
        Assert.Equal(2, (await NextAsync(forwarder)).Snapshots);

        Assert.Equal([1, 2], _receiver.Gauges);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(404)]
    [InlineData(413)]
    [InlineData(500)]
    [InlineData(501)]
    public async Task Any_other_status_drops_the_snapshot_and_counts_it(int status)
    {
        await using var forwarder = Forwarder();
        _receiver.Next(status, new Status { Message = "bad data" });

        var fault = await FailAsync(forwarder);
        Assert.Equal($"The OTLP receiver at {_receiver.Url.Authority} answered {status}: bad data", fault.Message);
        Assert.Equal((0, 1, 0), (fault.Forwarded.Snapshots, fault.Forwarded.Dropped, fault.Forwarded.Waiting));
        await NextAsync(forwarder);

        Assert.Equal([2], _receiver.Gauges);
        Assert.Equal(2, _receiver.Requests.Count);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task Retry_after_is_respected(int status)
    {
        await using var forwarder = Forwarder();
        _receiver.Next(status, null, ("Retry-After", "40"));

        await FailAsync(forwarder);
        Assert.EndsWith("requested a pause of another 25 s", (await FailAsync(forwarder)).Message, StringComparison.Ordinal);
        await FailAsync(forwarder);
        Assert.Single(_receiver.Requests);
        Assert.Equal(4, (await NextAsync(forwarder)).Snapshots);

        Assert.Equal([1, 2, 3, 4], _receiver.Gauges);
    }

    [Fact]
    public async Task A_partial_success_is_counted_as_dropped_and_not_repeated()
    {
        await using var forwarder = Forwarder();
        _receiver.Next(200, new ExportMetricsServiceResponse { PartialSuccess = new() { RejectedDataPoints = 7, ErrorMessage = "too old" } });

        var fault = await FailAsync(forwarder);
        Assert.Equal($"The OTLP receiver at {_receiver.Url.Authority} rejected 7 data points: too old", fault.Message);
        Assert.Equal((0, 1, 0), (fault.Forwarded.Snapshots, fault.Forwarded.Dropped, fault.Forwarded.Waiting));
        await NextAsync(forwarder);

        Assert.Equal([2], _receiver.Gauges);
    }

    [Fact]
    public async Task A_request_that_arrived_is_not_sent_again_with_those_of_its_snapshot_that_did_not()
    {
        const int perRequest = 5_000;
        await using var forwarder = Forwarder();
        var layout = RemoteWrite.Snapshots.LayoutOf([.. Enumerable.Range(0, 2 * perRequest).Select(i => $"g{i}")]);
        var snapshot = layout.At(_clock, [.. Enumerable.Range(0, 2 * perRequest).Select(i => (double)i)]);
        _receiver.Next(200);
        _receiver.Next(503);
        await Assert.ThrowsAsync<ForwardingException>(() => forwarder.ForwardAsync(snapshot, TestContext.Current.CancellationToken));
        _clock.Move(TimeSpan.FromSeconds(1));

        Assert.Equal(1, (await forwarder.ForwardAsync(snapshot, TestContext.Current.CancellationToken)).Snapshots);

        Assert.Equal(3, _receiver.Requests.Count);
        Assert.Equal(Enumerable.Range(perRequest, perRequest).Select(i => (double)i), _receiver.Gauges);
    }

    [Theory]
    [InlineData(10_000, ": too old")]
    [InlineData(1_000_000, "")]
    public async Task A_partial_success_is_counted_however_long_its_reason_is(int length, string reason)
    {
        await using var forwarder = Forwarder();
        var message = "too old\n" + new string('x', length);
        _receiver.Next(200, new ExportMetricsServiceResponse { PartialSuccess = new() { RejectedDataPoints = 7, ErrorMessage = message } });

        var fault = await FailAsync(forwarder);

        Assert.Equal($"The OTLP receiver at {_receiver.Url.Authority} rejected 7 data points{reason}", fault.Message);
        Assert.Equal((0, 1, 0), (fault.Forwarded.Snapshots, fault.Forwarded.Dropped, fault.Forwarded.Waiting));
    }

    [Fact]
    public async Task A_success_with_a_warning_or_with_a_body_that_is_no_message_is_a_success()
    {
        await using var forwarder = Forwarder();
        _receiver.Next(200, new ExportMetricsServiceResponse { PartialSuccess = new() { ErrorMessage = "deprecated" } });
        _receiver.Next(async context =>
        {
            context.Response.ContentType = "application/x-protobuf";
            await context.Response.Body.WriteAsync(new byte[] { 0xff });
        });
        _receiver.Next(204);

        for (var i = 0; i < 3; i++) Assert.Equal(1, (await NextAsync(forwarder)).Snapshots);
    }

    [Fact]
    public async Task A_receiver_that_does_not_answer_within_the_timeout_is_asked_again()
    {
        await using var forwarder = new OtlpForwarder(_receiver.Settings() with { Timeout = TimeSpan.FromSeconds(5) }, _clock);
        _receiver.Next(context => Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default));

        Assert.EndsWith("did not answer within 5000 ms", (await FailAsync(forwarder)).Message, StringComparison.Ordinal);
        _clock.Move(TimeSpan.FromSeconds(1));
        await NextAsync(forwarder);

        Assert.Equal([1, 2], _receiver.Gauges);
    }

    [Fact]
    public async Task An_outage_of_an_hour_loses_and_doubles_nothing()
    {
        var port = _receiver.Url.Port;
        await using var forwarder = Forwarder();
        await NextAsync(forwarder);
        await _receiver.DisposeAsync();
        for (var i = 0; i < 240; i++) await FailAsync(forwarder);
        var before = _receiver.Gauges.ToArray();
        _receiver = await OtlpReceiver.StartAsync(port);

        while (_receiver.Gauges.Count() < 241) await NextAsync(forwarder);

        double[] all = [.. before, .. _receiver.Gauges];
        Assert.Equal(Enumerable.Range(1, all.Length).Select(value => (double)value), all);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var other = await OtlpReceiver.StartAsync();
        await using var forwarder = Forwarder();
        _receiver.Next(307, null, ("Location", other.Url.ToString()));

        Assert.EndsWith("answered 307; redirects are not followed; set OTLP_URL to the target", (await FailAsync(forwarder)).Message, StringComparison.Ordinal);

        Assert.Empty(other.Requests);
    }

    [Fact]
    public async Task Snapshots_of_a_killed_exporter_arrive_with_the_compression_they_were_buffered_in()
    {
        using var directory = new TemporaryDirectory();
        var buffer = new Uri("file://" + directory["buffer"]).LocalPath;
        var settings = _receiver.Settings();
        settings = settings with { Buffer = settings.Buffer with { Directory = buffer } };
        _receiver.Next(503);
        var killed = new OtlpForwarder(settings, _clock);
        await FailAsync(killed);
        File.Copy(Directory.GetFiles(buffer, "*.snapshot").Single(), directory["kept"]);
        var name = Path.GetFileName(Directory.GetFiles(buffer, "*.snapshot").Single());
        await killed.DisposeAsync();
        var sent = _receiver.Requests.Count;
        File.Move(directory["kept"], Path.Combine(buffer, name));

        await using var next = new OtlpForwarder(settings with { IsCompressed = false }, _clock);
        Assert.Equal(2, (await NextAsync(next)).Snapshots);

        Assert.Equal(["gzip", null], _receiver.Requests.Skip(sent).Select(request => request.Headers.GetValueOrDefault("Content-Encoding")));
    }

    private OtlpForwarder Forwarder() => new(_receiver.Settings(), _clock);

    private Task<Forwarded> NextAsync(OtlpForwarder forwarder)
    {
        _clock.Move(forwarder.Interval);
        return forwarder.ForwardAsync(Layout.At(_clock, ++_value), TestContext.Current.CancellationToken);
    }

    private Task<ForwardingException> FailAsync(OtlpForwarder forwarder) =>
        Assert.ThrowsAsync<ForwardingException>(() => NextAsync(forwarder));
}

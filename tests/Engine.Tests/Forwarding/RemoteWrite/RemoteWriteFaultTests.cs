using GunicornPrometheusExporter.Forwarding;
using GunicornPrometheusExporter.Forwarding.RemoteWrite;
using GunicornPrometheusExporter.Snapshots;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding.RemoteWrite;

/// <summary>What a receiver may answer, and what is then sent.</summary>
public sealed class RemoteWriteFaultTests : IAsyncLifetime
{
    private static readonly SnapshotLayout Layout = Snapshots.LayoutOf("a");

    private readonly ManualClock _clock = new();
    private ScriptedReceiver _receiver = null!;
    private double _value;

    public async ValueTask InitializeAsync() => _receiver = await ScriptedReceiver.StartAsync();

    public ValueTask DisposeAsync() => _receiver.DisposeAsync();

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(429)]
    public async Task A_fault_that_may_pass_is_tried_again_in_order(int status)
    {
        await using var forwarder = Forwarder();
        _receiver.Next(status, "busy\nsecond line");
        _receiver.Next(status);

        var first = await FailAsync(forwarder);
        Assert.Equal($"The remote write receiver at {_receiver.Url.Authority} answered {status}: busy", first.Message);
        Assert.Equal((0, 0, 1), (first.Forwarded.Snapshots, first.Forwarded.Dropped, first.Forwarded.Waiting));
        Assert.Equal(TimeSpan.FromSeconds(15), (await FailAsync(forwarder)).Forwarded.Lag);
        var forwarded = await NextAsync(forwarder);

        Assert.Equal((3, 0, 0, TimeSpan.Zero), (forwarded.Snapshots, forwarded.Dropped, forwarded.Waiting, forwarded.Lag));
        Assert.True(forwarded.Bytes > 0);
        Assert.Equal([1, 2, 3], _receiver.Samples.Select(sample => sample.Value));
        Assert.Equal([0, 15_000, 30_000], _receiver.Samples.Select(sample => sample.Time - 1_750_000_015_000));
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(404)]
    [InlineData(409)]
    [InlineData(413)]
    public async Task What_is_refused_is_dropped_counted_and_not_sent_again(int status)
    {
        await using var forwarder = Forwarder();
        _receiver.Next(status, "out of order sample", ("X-Prometheus-Remote-Write-Samples-Written", "0"));

        var refused = await FailAsync(forwarder);
        Assert.Equal($"The remote write receiver at {_receiver.Url.Authority} answered {status}: out of order sample", refused.Message);
        Assert.Equal((0, 1, 0), (refused.Forwarded.Snapshots, refused.Forwarded.Dropped, refused.Forwarded.Waiting));
        await NextAsync(forwarder);

        Assert.Equal([2], _receiver.Samples.Select(sample => sample.Value));
        Assert.Equal(2, _receiver.Requests.Count);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task A_receiver_that_asks_to_wait_is_left_alone_for_that_long(int status)
    {
        await using var forwarder = Forwarder();
        _receiver.Next(status, "", ("Retry-After", "40"));

        await FailAsync(forwarder);
        Assert.EndsWith("requested a pause of another 25 s", (await FailAsync(forwarder)).Message, StringComparison.Ordinal);
        await FailAsync(forwarder);
        Assert.Single(_receiver.Requests);
        Assert.Equal(4, (await NextAsync(forwarder)).Snapshots);

        Assert.Equal([1, 2, 3, 4], _receiver.Samples.Select(sample => sample.Value));
    }

    [Fact]
    public async Task A_receiver_may_ask_to_wait_until_a_date()
    {
        await using var forwarder = Forwarder();
        _receiver.Next(503, "", ("Retry-After", (_clock.GetUtcNow() + TimeSpan.FromSeconds(40)).ToString("R")));

        await FailAsync(forwarder);
        await FailAsync(forwarder);

        Assert.Single(_receiver.Requests);
        Assert.Equal(3, (await NextAsync(forwarder)).Snapshots);
    }

    [Fact]
    public async Task A_receiver_that_asks_to_wait_for_days_is_asked_again_after_an_hour()
    {
        await using var forwarder = Forwarder();
        _receiver.Next(503, "", ("Retry-After", "999999"));

        await FailAsync(forwarder);
        await FailAsync(forwarder);
        _clock.Move(TimeSpan.FromHours(1));

        Assert.Equal(3, (await NextAsync(forwarder)).Snapshots);
    }

    [Fact]
    public async Task A_receiver_that_is_not_there_is_tried_again()
    {
        var port = _receiver.Url.Port;
        await using var forwarder = Forwarder();
        await NextAsync(forwarder);
        await _receiver.DisposeAsync();

        Assert.StartsWith(
            $"The remote write receiver at 127.0.0.1:{port} could not be reached: ", (await FailAsync(forwarder)).Message, StringComparison.Ordinal);
        _receiver = await ScriptedReceiver.StartAsync(port);
        await NextAsync(forwarder);

        Assert.Equal([2, 3], _receiver.Samples.Select(sample => sample.Value));
    }

    [Fact]
    public async Task A_connection_that_is_cut_is_tried_again()
    {
        await using var forwarder = Forwarder();
        _receiver.Next(context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });

        Assert.Contains("could not be reached", (await FailAsync(forwarder)).Message, StringComparison.Ordinal);
        await NextAsync(forwarder);

        Assert.Equal([1, 2], _receiver.Samples.Select(sample => sample.Value));
    }

    [Fact]
    public async Task A_receiver_that_hangs_is_given_up_within_the_interval()
    {
        await using var forwarder = Forwarder(interval: 5);
        _receiver.Next(context => Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default));

        Assert.EndsWith("did not answer in time", (await FailAsync(forwarder)).Message, StringComparison.Ordinal);
        await NextAsync(forwarder);

        Assert.Equal([1, 2], _receiver.Samples.Select(sample => sample.Value));
    }

    [Fact]
    public async Task The_query_of_the_url_is_not_shown_though_the_receiver_repeats_it()
    {
        await using var forwarder = new RemoteWriteForwarder(new() { Url = new(_receiver.Url, "?token=hunter2") }, _clock);
        _receiver.Next(503, "no such page: /write?token=hunter2");

        Assert.EndsWith("answered 503: no such page: /write?********", (await FailAsync(forwarder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redirect_is_not_followed_and_nothing_is_lost()
    {
        await using var other = await ScriptedReceiver.StartAsync();
        await using var forwarder = Forwarder();
        _receiver.Next(307, "", ("Location", other.Url.ToString()));

        Assert.EndsWith(
            "answered 307; redirects are not followed; set REMOTE_WRITE_URL to the target", (await FailAsync(forwarder)).Message, StringComparison.Ordinal);
        await NextAsync(forwarder);

        Assert.Empty(other.Requests);
        Assert.Equal([1, 2], _receiver.Samples.Select(sample => sample.Value));
    }

    [Fact]
    public async Task A_receiver_without_version_2_that_says_so_gets_version_1_from_then_on()
    {
        await using var forwarder = Forwarder();
        _receiver.Next(415, "unsupported");

        await NextAsync(forwarder);
        await NextAsync(forwarder);

        Assert.Equal([WriteProtocol.V2, WriteProtocol.V1, WriteProtocol.V1], _receiver.Requests.Select(request => request.Protocol));
        Assert.Equal([("__name__=\"a\"", 1), ("__name__=\"a\"", 2)], _receiver.Samples.Select(sample => (sample.Series, sample.Value)));
    }

    [Fact]
    public async Task A_400_that_version_1_does_not_get_means_that_version_2_is_not_supported()
    {
        await using var forwarder = Forwarder();
        _receiver.Next(400, "proto: wrong wireType");

        await NextAsync(forwarder);
        await NextAsync(forwarder);

        Assert.Equal([WriteProtocol.V2, WriteProtocol.V1, WriteProtocol.V1], _receiver.Requests.Select(request => request.Protocol));
        Assert.Equal([1, 2], _receiver.Samples.Select(sample => sample.Value));
    }

    [Fact]
    public async Task A_400_that_version_1_gets_too_is_about_the_samples()
    {
        await using var forwarder = Forwarder();
        _receiver.Next(400, "out of order sample");
        _receiver.Next(400, "out of order sample");

        Assert.Equal(1, (await FailAsync(forwarder)).Forwarded.Dropped);
        await NextAsync(forwarder);

        Assert.Equal([WriteProtocol.V2, WriteProtocol.V1, WriteProtocol.V2], _receiver.Requests.Select(request => request.Protocol));
        Assert.Equal([2], _receiver.Samples.Select(sample => sample.Value));
    }

    [Theory]
    [InlineData(503)]
    [InlineData(429)]
    public async Task A_receiver_that_cannot_take_version_1_after_a_400_loses_nothing(int status)
    {
        await using var forwarder = Forwarder();
        _receiver.Next(400, "proto: wrong wireType");
        _receiver.Next(status);

        Assert.Equal(1, (await FailAsync(forwarder)).Forwarded.Waiting);
        await NextAsync(forwarder);

        Assert.Equal([1, 2], _receiver.Samples.Select(sample => sample.Value));
    }

    [Fact]
    public async Task A_400_of_a_receiver_that_must_get_version_2_is_final()
    {
        await using var forwarder = Forwarder(WriteProtocol.V2);
        _receiver.Next(400, "proto: wrong wireType");

        Assert.Equal(1, (await FailAsync(forwarder)).Forwarded.Dropped);

        Assert.Equal([WriteProtocol.V2], _receiver.Requests.Select(request => request.Protocol));
    }

    [Fact]
    public async Task A_receiver_that_does_not_say_what_it_wrote_gets_it_again_in_version_1()
    {
        await using var forwarder = Forwarder();
        _receiver.UnderstandsV2 = false;

        await NextAsync(forwarder);
        await NextAsync(forwarder);

        Assert.Equal([WriteProtocol.V2, WriteProtocol.V1, WriteProtocol.V1], _receiver.Requests.Select(request => request.Protocol));
        Assert.Equal([1, 2], _receiver.Samples.Select(sample => sample.Value));
    }

    [Fact]
    public async Task What_waited_in_version_2_arrives_in_version_1_ends_of_series_too()
    {
        await using var forwarder = Forwarder();
        _receiver.UnderstandsV2 = false;
        _receiver.Next(503);
        _receiver.Next(503);

        await FailAsync(forwarder);
        _clock.Move(forwarder.Interval);
        var other = Snapshots.LayoutOf("b").At(_clock, 7);
        await Assert.ThrowsAsync<ForwardingException>(() => forwarder.ForwardAsync(other, TestContext.Current.CancellationToken));
        await NextAsync(forwarder);

        Assert.Equal(
            [("a", false), ("a", true), ("b", false), ("b", true), ("a", false)],
            _receiver.Samples.Select(sample => (sample.Series.Split('"')[1], sample.IsEnd)));
    }

    [Fact]
    public async Task A_receiver_without_the_version_that_was_asked_for_is_an_error_that_says_so()
    {
        await using var forwarder = Forwarder(WriteProtocol.V2);
        _receiver.UnderstandsV2 = false;

        var fault = await FailAsync(forwarder);

        Assert.EndsWith("does not support version 2.0; set REMOTE_WRITE_PROTOCOL to auto or 1.0", fault.Message, StringComparison.Ordinal);
        Assert.Equal(1, fault.Forwarded.Dropped);
    }

    private RemoteWriteForwarder Forwarder(WriteProtocol protocol = WriteProtocol.Unspecified, int interval = 15) =>
        new(new() { Url = _receiver.Url, Protocol = protocol, Interval = TimeSpan.FromSeconds(interval) }, _clock);

    private Task<Forwarded> NextAsync(RemoteWriteForwarder forwarder)
    {
        _clock.Move(forwarder.Interval);
        return forwarder.ForwardAsync(Layout.At(_clock, ++_value), TestContext.Current.CancellationToken);
    }

    private Task<ForwardingException> FailAsync(RemoteWriteForwarder forwarder) =>
        Assert.ThrowsAsync<ForwardingException>(() => NextAsync(forwarder));
}

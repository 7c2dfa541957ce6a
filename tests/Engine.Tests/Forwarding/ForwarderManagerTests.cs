using System.Collections.Frozen;
using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Forwarding;
using GunicornPrometheusExporter.HistogramDetails;
using GunicornPrometheusExporter.Snapshots;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding;

public sealed class ForwarderManagerTests : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider _time = new();
    private readonly MessageList _log = new();
    private readonly ScriptedForwarder _forwarder = new(Interval);
    private readonly ForwarderManager _manager;
    private int _reads;

    public ForwarderManagerTests() => _manager = new(Read, _log, _time);

    private ForwarderStatus Status => _manager.Statuses["there"];

    public async ValueTask DisposeAsync() => await PassUntilAsync(_manager.DisposeAsync().AsTask());

    [Fact]
    public async Task A_forwarder_sends_at_its_start_and_once_an_interval()
    {
        var start = _time.GetUtcNow();
        await StartAsync();
        var first = await _forwarder.CalledAsync();
        await PassUntilAsync(status => status.Sent == 3);
        var second = await _forwarder.CalledAsync();

        Assert.NotEqual(first.Values.Span[0], second.Values.Span[0]);
        Assert.True(_time.GetUtcNow() - start >= 2 * Interval);
        Assert.Equal((ForwarderState.Running, 30), (Status.State, Status.Bytes));
        Assert.Equal("forwarding to there every 30 s", Assert.Single(_log.Messages));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Only_a_forwarder_that_uses_details_gets_them(bool isUsing)
    {
        await using var forwarder = new ScriptedForwarder(Interval) { UsesDetails = isUsing };
        await _manager.AddAsync("here", () => forwarder);
        await _manager.StartAsync("here");

        Assert.Equal(isUsing, (await forwarder.CalledAsync()).Details is not null);
    }

    [Fact]
    public async Task A_forwarder_that_fails_is_tried_again_sooner_and_told_of_once()
    {
        _forwarder.Next = _ => throw new ForwardingException("nobody is there");
        await StartAsync();
        await PassUntilAsync(status => status.Failed == 10);
        Assert.Equal((ForwarderState.Failing, "nobody is there"), (Status.State, Status.LastError));
        Assert.True(Status.LagAt(_time.GetUtcNow()) > Interval);

        _forwarder.Next = _ => Task.FromResult(new Forwarded(1, 10));
        await PassUntilAsync(status => status.State == ForwarderState.Running);

        Assert.Equal(TimeSpan.Zero, Status.LagAt(_time.GetUtcNow()));
        WaitForNow(() => _log.Messages.Count == 3);
        Assert.Equal(
            [
                "forwarding to there every 30 s",
                "forwarding to there failed, retrying: nobody is there",
                "forwarding to there works again",
            ],
            _log.Messages);
    }

    [Fact]
    public async Task Each_new_reason_of_a_failure_is_told_once_and_no_more_than_a_few()
    {
        string[] reasons = ["nobody is there", "wrong password", "nobody is there", .. Enumerable.Range(1, 100).Select(i => $"request {i}")];
        var attempt = 0;
        _forwarder.Next = _ => throw new ForwardingException(reasons[attempt++]);
        await StartAsync();
        await PassUntilAsync(status => status.Failed == 2);

        Assert.Equal("wrong password", Status.LastError);
        WaitForNow(() => _log.Messages.Count == 3);
        Assert.Equal(["forwarding to there failed, retrying: nobody is there", "forwarding to there failed, retrying: wrong password"], _log.Messages[1..]);
        await PassUntilAsync(status => status.Failed == 60);
        Assert.Equal(1 + 16, _log.Messages.Count);
    }

    [Fact]
    public async Task What_waits_and_what_was_dropped_is_known_after_a_failure_too()
    {
        _forwarder.Next = _ => throw new ForwardingException("full")
        {
            Forwarded = new Forwarded(1, 5, Dropped: 2, Waiting: 3, Lag: TimeSpan.FromMinutes(1)),
        };
        await StartAsync();
        // The lag would grow with the time that passes.
        WaitForNow(() => Status.Failed == 1);

        Assert.Equal((1, 5, 2, 3), (Status.Sent, Status.Bytes, Status.Dropped, Status.Waiting));
        Assert.Equal(TimeSpan.FromMinutes(1), Status.LagAt(_time.GetUtcNow()));
    }

    [Fact]
    public async Task A_fault_of_a_forwarder_ends_nothing_and_its_message_is_not_repeated()
    {
        _forwarder.Next = _ => throw new InvalidOperationException("password=secret");
        await StartAsync();
        await PassUntilAsync(status => status.Failed >= 1);
        _forwarder.Next = _ => Task.FromResult(new Forwarded(1, 10));
        await PassUntilAsync(status => status.Sent == 1);

        Assert.Contains("InvalidOperationException", Status.LastError, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", Status.LastError + string.Join('\n', _log.Messages), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_forwarder_that_hangs_is_called_again_only_once_it_has_returned()
    {
        var hang = new TaskCompletionSource<Forwarded>();
        _forwarder.Next = _ => hang.Task;
        await StartAsync();
        await _forwarder.CalledAsync();
        await PassUntilAsync(status => status.Failed == 3);
        Assert.Equal(0, _forwarder.Unseen);
        Assert.Contains("did not finish within 30 s", Status.LastError, StringComparison.Ordinal);

        _forwarder.Next = _ => Task.FromResult(new Forwarded(1, 10));
        hang.SetResult(default);
        await PassUntilAsync(status => status.State == ForwarderState.Running);
    }

    [Fact]
    public async Task A_stop_sends_what_the_store_says_then()
    {
        await StartAsync();
        var first = await _forwarder.CalledAsync();
        await PassUntilAsync(status => status.Sent == 1);

        Assert.True(await _manager.StopAsync("there"));

        Assert.NotEqual(first.Values.Span[0], (await _forwarder.CalledAsync()).Values.Span[0]);
        Assert.True(_forwarder.IsDisposed);
        Assert.Equal((ForwarderState.Stopped, 2), (Status.State, Status.Sent));
    }

    [Fact]
    public async Task A_stop_does_not_wait_for_a_forwarder_that_hangs()
    {
        _forwarder.Next = _ => new TaskCompletionSource<Forwarded>().Task;
        await StartAsync();
        await _forwarder.CalledAsync();

        await PassUntilAsync(_manager.StopAllAsync());

        Assert.Equal(ForwarderState.Stopped, Status.State);
        Assert.Equal("it did not finish within 1 s", Status.LastError);
    }

    [Fact]
    public async Task A_forwarder_that_hangs_keeps_no_other_from_its_work()
    {
        _forwarder.Next = _ => new TaskCompletionSource<Forwarded>().Task;
        var other = new ScriptedForwarder(Interval);
        await StartAsync();
        await _manager.AddAsync("other", () => other);
        await _manager.StartAsync("other");
        await PassUntilAsync(_ => _manager.Statuses["other"].Sent == 3);
    }

    [Fact]
    public async Task A_forwarder_that_was_stopped_starts_again_and_its_counts_go_on()
    {
        await StartAsync();
        await PassUntilAsync(status => status.Sent == 1);
        await _manager.StopAsync("there");
        await _manager.StartAsync("there");
        await PassUntilAsync(status => status.Sent == 3);
        Assert.Equal(ForwarderState.Running, Status.State);
    }

    [Fact]
    public async Task A_forwarder_that_nobody_added_is_not_found()
    {
        Assert.False(await _manager.StartAsync("there"));
        Assert.False(await _manager.StopAsync("there"));
    }

    [Fact]
    public async Task One_that_is_removed_has_no_status_and_added_again_goes_on_counting()
    {
        await StartAsync();
        await PassUntilAsync(status => status.Sent == 1);

        await _manager.RemoveAsync("there");
        Assert.Empty(_manager.Statuses);
        Assert.False(await _manager.StartAsync("there"));

        await _manager.AddAsync("there", () => _forwarder);
        Assert.Equal((ForwarderState.Stopped, 2), (Status.State, Status.Sent));
    }

    [Fact]
    public async Task Settings_that_make_no_sense_stop_no_other_forwarder()
    {
        await _manager.AddAsync("wrong", () => throw new ConfigurationException("REDIS_URL is \"x\"; set it to y"));
        await _manager.AddAsync("there", () => _forwarder);

        await _manager.StartAllAsync();

        await _forwarder.CalledAsync();
        Assert.Equal(ForwarderState.Stopped, _manager.Statuses["wrong"].State);
        Assert.Contains("forwarding to wrong not started: REDIS_URL is \"x\"; set it to y", _log.Messages);
        await Assert.ThrowsAsync<ConfigurationException>(() => _manager.StartAsync("wrong"));
    }

    private async Task StartAsync()
    {
        await _manager.AddAsync("there", () => _forwarder);
        Assert.True(await _manager.StartAsync("there"));
    }

    /// <summary>Lets time pass until the status is as expected.</summary>
    private Task PassUntilAsync(Func<ForwarderStatus, bool> isExpected) => PassUntilAsync(() => isExpected(Status));

    private Task PassUntilAsync(Task task) => PassUntilAsync(() => task.IsCompleted);

    private async Task PassUntilAsync(Func<bool> isExpected)
    {
        for (var seconds = 0; !isExpected(); seconds++)
        {
            Assert.True(seconds < 3000, string.Join('\n', _manager.Statuses));
            await Task.Delay(2, CancellationToken.None);
            if (!isExpected()) _time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    /// <summary>Waits for what the forwarder's task does without any time that passes, such as to log what its status shows.</summary>
    private static void WaitForNow(Func<bool> isSo) =>
        Assert.True(SpinWait.SpinUntil(isSo, TimeSpan.FromSeconds(30)), "after 30 s it is still not so");

    private MetricSnapshot Read(bool isDetailed) => new(_time.GetUtcNow(), new([]), new double[] { Interlocked.Increment(ref _reads) })
    {
        Details = isDetailed ? new([], FrozenDictionary<int, Exemplar>.Empty, FrozenDictionary<int, NativeCounts>.Empty) : null,
    };
}

using GunicornPrometheusExporter.Snapshots;
using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Forwarding;

/// <summary>One run of a forwarder, from its start to its stop.</summary>
/// <remarks>Runs in its own task; no exception of the forwarder stops it. Owns the forwarder.</remarks>
internal sealed class ForwarderRun(
    string name, IForwarder forwarder, Func<bool, MetricSnapshot> read, Action<Func<ForwarderStatus, ForwarderStatus>> update,
    ILogger logger, TimeProvider time) : IAsyncDisposable
{
    // A receiver may put something new into every answer.
    private const int MostReasons = 16;

    private static readonly TimeSpan LongestLast = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(2.5);

    private readonly CancellationTokenSource _end = new();
    private Task _work = Task.CompletedTask;

    // Why attempts have failed since the last success.
    private readonly HashSet<string> _reasons = new(StringComparer.Ordinal);
    private Task _attempt = Task.CompletedTask;
    private volatile bool _isOver;

    public void Start()
    {
        ForwarderLog.Started(logger, name, forwarder.Interval.TotalSeconds);
        var end = _end.Token;
        _work = Task.Run(() => RunAsync(end));
    }

    /// <summary>Sends a last snapshot and stops, within 2.5 seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _end.Dispose();
        try
        {
            await Task.Run(EndAsync).WaitAsync(LongestEnd, time);
        }
        catch (TimeoutException)
        {
            ForwarderLog.Lost(logger, name, "it did not stop in time");
        }
        _isOver = true;
        update(status => status with { State = ForwarderState.Stopped });
    }

    private async Task RunAsync(CancellationToken end)
    {
        var pauses = new ForwardingPauses(forwarder.Interval, time);
        while (!end.IsCancellationRequested)
        {
            var pause = await TryForwardAsync(pauses, forwarder.Interval, end);
            await Task.Delay(pause, time, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task EndAsync()
    {
        await _work;
        await TryForwardAsync(new ForwardingPauses(forwarder.Interval, time), LongestLast, CancellationToken.None);
        try
        {
            await forwarder.DisposeAsync();
        }
        catch (ForwardingException e)
        {
            Fail(e.Message, e.Forwarded);
            ForwarderLog.Lost(logger, name, e.Message);
        }
        catch (Exception e)
        {
            ForwarderLog.Faulted(logger, name, e.GetType().Name, e.StackTrace);
        }
    }

    /// <summary>Makes one attempt, and returns how long to wait after it.</summary>
    private async Task<TimeSpan> TryForwardAsync(ForwardingPauses pauses, TimeSpan longest, CancellationToken end)
    {
        using var limit = new CancellationTokenSource(longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, end);
        try
        {
            // One call at a time, even if a forwarder ignores its cancellation.
            await _attempt.WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            either.Token.ThrowIfCancellationRequested();
            var attempt = forwarder.ForwardAsync(read(forwarder.UsesDetails), either.Token);
            _attempt = attempt;
            Succeed(await attempt.WaitAsync(either.Token));
            return pauses.AfterSuccess();
        }
        catch (ForwardingException e)
        {
            Fail(e.Message, e.Forwarded);
            return pauses.AfterFailure();
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            return TimeSpan.Zero;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            Fail($"it did not finish within {longest.TotalSeconds} s", default);
            return pauses.AfterFailure();
        }
        catch (Exception e)
        {
            // The message of an unexpected exception may contain a secret.
            if (IsNew(e.GetType().Name)) ForwarderLog.Faulted(logger, name, e.GetType().Name, e.StackTrace);
            Fail($"unexpected {e.GetType().Name}", default);
            return pauses.AfterFailure();
        }
    }

    private void Succeed(Forwarded done)
    {
        if (_isOver) return;
        var now = time.GetUtcNow();
        update(status => status.AfterSuccess(now, done));
        if (_reasons.Count > 0) ForwarderLog.WorksAgain(logger, name);
        _reasons.Clear();
    }

    private void Fail(string reason, Forwarded done)
    {
        if (_isOver) return;
        var now = time.GetUtcNow();
        update(status => status.AfterFailure(now, done, reason));
        if (IsNew(reason)) ForwarderLog.Fails(logger, name, reason);
    }

    private bool IsNew(string reason) => _reasons.Count < MostReasons && _reasons.Add(reason);
}

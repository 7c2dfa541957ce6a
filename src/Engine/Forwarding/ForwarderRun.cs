using GunicornPrometheusExporter.Snapshots;
using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Forwarding;

/// <summary>One run of a forwarder, from its start to its stop.</summary>
/// <remarks>Runs in its own task; no exception of the forwarder stops it. Owns the forwarder.</remarks>
internal sealed class ForwarderRun : IAsyncDisposable
{
    // A receiver may put something new into every answer.
    private const int MostReasons = 16;

    private static readonly TimeSpan LongestLast = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(2.5);

    private readonly string _name;
    private readonly IForwarder _forwarder;
    private readonly Func<MetricSnapshot> _read;
    private readonly Action<Func<ForwarderStatus, ForwarderStatus>> _tell;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _work;

    // Why attempts have failed since the last success.
    private readonly HashSet<string> _reasons = new(StringComparer.Ordinal);
    private Task _attempt = Task.CompletedTask;
    private volatile bool _isOver;

    /// <summary>Starts to forward; <paramref name="tell"/> receives every change of the status.</summary>
    public ForwarderRun(
        string name, IForwarder forwarder, Func<MetricSnapshot> read, Action<Func<ForwarderStatus, ForwarderStatus>> tell,
        ILogger logger, TimeProvider time)
    {
        (_name, _forwarder, _read, _tell, _logger, _time) = (name, forwarder, read, tell, logger, time);
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
            await Task.Run(EndAsync).WaitAsync(LongestEnd, _time);
        }
        catch (TimeoutException)
        {
            ForwarderLog.Lost(_logger, _name, "it did not stop in time");
        }
        _isOver = true;
        _tell(status => status with { State = ForwarderState.Stopped });
    }

    private async Task RunAsync(CancellationToken end)
    {
        var pauses = new ForwardingPauses(_forwarder.Interval, _time);
        while (!end.IsCancellationRequested)
        {
            var pause = await TryForwardAsync(pauses, _forwarder.Interval, end);
            await Task.Delay(pause, _time, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task EndAsync()
    {
        await _work;
        await TryForwardAsync(new ForwardingPauses(_forwarder.Interval, _time), LongestLast, CancellationToken.None);
        try
        {
            await _forwarder.DisposeAsync();
        }
        catch (ForwardingException e)
        {
            Fail(e.Message, e.Forwarded);
            ForwarderLog.Lost(_logger, _name, e.Message);
        }
        catch (Exception e)
        {
            ForwarderLog.Faulted(_logger, _name, e.GetType().Name, e.StackTrace);
        }
    }

    /// <summary>Makes one attempt, and returns how long to wait after it.</summary>
    private async Task<TimeSpan> TryForwardAsync(ForwardingPauses pauses, TimeSpan longest, CancellationToken end)
    {
        using var limit = new CancellationTokenSource(longest, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, end);
        try
        {
            // One call at a time, even if a forwarder ignores its cancellation.
            await _attempt.WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            either.Token.ThrowIfCancellationRequested();
            var attempt = _forwarder.ForwardAsync(_read(), either.Token);
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
            if (IsNew(e.GetType().Name)) ForwarderLog.Faulted(_logger, _name, e.GetType().Name, e.StackTrace);
            Fail($"unexpected {e.GetType().Name}", default);
            return pauses.AfterFailure();
        }
    }

    private void Succeed(Forwarded done)
    {
        if (_isOver) return;
        var now = _time.GetUtcNow();
        _tell(status => status.AfterSuccess(now, done));
        if (_reasons.Count > 0) ForwarderLog.WorksAgain(_logger, _name);
        _reasons.Clear();
    }

    private void Fail(string reason, Forwarded done)
    {
        if (_isOver) return;
        var now = _time.GetUtcNow();
        _tell(status => status.AfterFailure(now, done, reason));
        if (IsNew(reason)) ForwarderLog.Fails(_logger, _name, reason);
    }

    private bool IsNew(string reason) => _reasons.Count < MostReasons && _reasons.Add(reason);
}

namespace GunicornPrometheusExporter.Exporter;

/// <summary>Work that is done again and again beside the scrapes, and how it goes. Safe for any number of threads.</summary>
/// <remarks>Nothing that it meets ends it. Asking how it goes touches no file and waits for nothing.</remarks>
/// <param name="name">What it is called in the log, in metrics and by <c>/-/healthy</c>.</param>
/// <param name="log">Told of each reason for which it fails, once.</param>
/// <param name="time">The clock.</param>
internal sealed class BackgroundWork(string name, ILogger log, TimeProvider? time = null)
{
    // Many times the interval of any: a store of a hundred thousand files takes some seconds.
    private static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private long _lastEnd = (time ?? TimeProvider.System).GetTimestamp();
    private volatile string? _fault;
    private string? _reported;
    private long _failures;

    /// <summary>What it is called.</summary>
    internal string Name => name;

    /// <summary>How often it failed.</summary>
    internal long Failures => Interlocked.Read(ref _failures);

    /// <summary>Why it does not go on as it should, in one line; null if it does.</summary>
    internal string? Problem
    {
        get
        {
            if (_fault is { } fault) return $"{name} fails: {fault}";
            var silence = _time.GetElapsedTime(Interlocked.Read(ref _lastEnd));
            return silence > LongestSilence ? $"{name} has not run for {silence.TotalSeconds:F0} s" : null;
        }
    }

    /// <summary>Does it once.</summary>
    /// <param name="work">Does it, and returns why it could not be done, having logged that; null if it could.</param>
    /// <remarks>The first success after a failure is logged.</remarks>
    internal void Run(Func<string?> work)
    {
        try
        {
            End(work());
        }
        catch (Exception e)
        {
            Fault(e);
        }
    }

    /// <inheritdoc cref="Run"/>
    internal async Task RunAsync(Func<Task<string?>> work)
    {
        try
        {
            End(await work());
        }
        catch (Exception e)
        {
            Fault(e);
        }
    }

    /// <summary>Notes that work that has not ended yet succeeds so far.</summary>
    internal void Succeed() => End(null);

    private void Fault(Exception fault)
    {
        // Here nothing is foreseen: the log shows where it happened, once.
        var reason = $"{fault.GetType().Name}: {fault.Message}";
        if (reason != _reported) log.BackgroundFault(name, reason, fault.StackTrace);
        _reported = reason;
        End(reason);
    }

    private void End(string? fault)
    {
        if (fault is not null)
        {
            Interlocked.Increment(ref _failures);
        }
        else if (_fault is not null)
        {
            _reported = null;
            log.BackgroundRecovered(name);
        }
        _fault = fault?.ReplaceLineEndings(" ");
        Interlocked.Exchange(ref _lastEnd, _time.GetTimestamp());
    }
}

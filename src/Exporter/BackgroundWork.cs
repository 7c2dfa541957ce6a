namespace GunicornPrometheusExporter.Exporter;

/// <summary>A periodic background task and its health. Safe for any number of threads.</summary>
/// <remarks>An exception does not stop it, and each reason is logged once. Reading its health neither accesses files nor waits.</remarks>
internal sealed class BackgroundWork(string name, ILogger log, TimeProvider? time = null)
{
    // Much longer than any interval, because a store with a hundred thousand files takes several seconds.
    private static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private long _lastEnd = (time ?? TimeProvider.System).GetTimestamp();
    private volatile string? _fault;
    private string? _reported;
    private long _failures;

    internal string Name => name;

    internal long Failures => Interlocked.Read(ref _failures);

    /// <summary>Why it is failing, in one line; null if it is healthy.</summary>
    internal string? Problem
    {
        get
        {
            if (_fault is { } fault) return $"{name} fails: {fault}";
            var silence = _time.GetElapsedTime(Interlocked.Read(ref _lastEnd));
            return silence > LongestSilence ? $"{name} has not run for {silence.TotalSeconds:F0} s" : null;
        }
    }

    /// <summary>Runs it once, and logs its first success after a failure.</summary>
    /// <param name="work">Does the work. Returns null, or why it failed, after logging that.</param>
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

    /// <summary>Marks unfinished work as successful so far.</summary>
    internal void Succeed() => End(null);

    private void Fault(Exception fault)
    {
        // The stack of an unexpected exception is logged once.
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

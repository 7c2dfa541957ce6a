namespace GunicornPrometheusExporter.Forwarding;

/// <summary>How long to wait between two attempts. Not thread-safe.</summary>
/// <remarks>
/// After a success until the next multiple of the interval since the start, so that nothing drifts. After failures
/// a second, two, four and so on up to the interval, of which a random part of up to a half is taken away: hosts that lost
/// one destination together do not return together.
/// </remarks>
internal sealed class ForwardingPauses(TimeSpan interval, TimeProvider time)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);

    private readonly long _start = time.GetTimestamp();
    private TimeSpan _due;
    private TimeSpan _next = FirstPause;

    /// <summary>The pause after an attempt that did not fail.</summary>
    public TimeSpan AfterSuccess()
    {
        _next = FirstPause;
        var elapsed = time.GetElapsedTime(_start);
        do _due += interval; while (_due <= elapsed);
        return _due - elapsed;
    }

    /// <summary>The pause after an attempt that failed.</summary>
    public TimeSpan AfterFailure()
    {
        var pause = (_next < interval ? _next : interval) * (1 - (Random.Shared.NextDouble() / 2));
        _next = _next < interval ? 2 * _next : interval;
        return pause;
    }
}

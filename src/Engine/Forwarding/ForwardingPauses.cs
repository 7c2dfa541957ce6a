namespace GunicornPrometheusExporter.Forwarding;

/// <summary>How long to wait between two attempts. Not thread-safe.</summary>
/// <remarks>
/// After a success, the pause lasts until the next multiple of the interval since the start, so the schedule does not drift.
/// After failures, it doubles from one second up to the interval, and a random part of up to half is subtracted: hosts that
/// lost a destination at the same time do not all reconnect at the same time.
/// </remarks>
internal sealed class ForwardingPauses(TimeSpan interval, TimeProvider time)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);

    private readonly long _start = time.GetTimestamp();
    private TimeSpan _due;
    private TimeSpan _next = FirstPause;

    public TimeSpan AfterSuccess()
    {
        _next = FirstPause;
        var elapsed = time.GetElapsedTime(_start);
        do _due += interval; while (_due <= elapsed);
        return _due - elapsed;
    }

    public TimeSpan AfterFailure()
    {
        var pause = (_next < interval ? _next : interval) * (1 - (Random.Shared.NextDouble() / 2));
        _next = _next < interval ? 2 * _next : interval;
        return pause;
    }
}

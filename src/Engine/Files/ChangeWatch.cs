namespace GunicornPrometheusExporter.Files;

/// <summary>Whether a file's time of change is one that no later change can have too. Owned by one reader.</summary>
/// <remarks>The kernel's clock for it goes in steps: two changes within one have the same time.</remarks>
internal struct ChangeWatch
{
    private const long LongestClockStep = 20_000_000;

    private long _change;
    private long _seenAt;

    /// <summary>Looks at a time of change; times are in nanoseconds.</summary>
    /// <param name="change">When the kernel last noted a change, by the wall clock.</param>
    /// <param name="now">The wall clock's time.</param>
    /// <param name="steady">The time of a clock that nobody sets: where the wall clock was set back, only this one shows the step.</param>
    internal bool IsSettled(long change, long now, long steady)
    {
        if (change != _change) (_change, _seenAt) = (change, steady);
        return now - change > LongestClockStep || steady - _seenAt > LongestClockStep;
    }
}

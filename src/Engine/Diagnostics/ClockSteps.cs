using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Diagnostics;

/// <summary>Whether the wall clock was set meanwhile: it is compared with clocks that nobody sets.</summary>
/// <remarks>Where it runs fast or slow, and is slewed, all run so.</remarks>
internal static class ClockSteps
{
    // Two clocks are read one after the other; a leap second is a step.
    private const double Tolerance = 0.5;

    /// <summary>The wall clock's time when the monotonic clock was 0, in seconds since the epoch.</summary>
    /// <remarks>The monotonic clock stands while the machine is suspended, which so looks like a step.</remarks>
    internal static double RealAtMonotonicZero() => RealAtZeroOf(Libc.ClockMonotonic);

    /// <summary>The wall clock's time when the machine booted, in seconds since the epoch.</summary>
    internal static double RealAtBoot() => RealAtZeroOf(Libc.ClockBoot);

    /// <summary>Whether two such times are of one setting of the wall clock.</summary>
    internal static bool IsSame(double one, double other) => Math.Abs(one - other) < Tolerance;

    /// <summary>A time in seconds since the epoch.</summary>
    internal static double SecondsOf(DateTime time) => (time.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds;

    private static double RealAtZeroOf(int clock)
    {
        _ = Libc.ClockTime(Libc.ClockReal, out var real);
        _ = Libc.ClockTime(clock, out var other);
        return (real.TotalNanoseconds - other.TotalNanoseconds) / 1e9;
    }
}

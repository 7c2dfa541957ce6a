using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Diagnostics;

/// <summary>Detects steps of the wall clock by comparing it with clocks that nobody sets.</summary>
/// <remarks>Slewing is not a step: it changes the speed of all clocks.</remarks>
internal static class ClockSteps
{
    // The two clocks are read one after the other; a leap second counts as a step.
    private const double Tolerance = 0.5;

    /// <summary>The wall clock's time when the monotonic clock was 0, in seconds since the epoch.</summary>
    /// <remarks>The monotonic clock stops while the machine is suspended, so a suspension looks like a step.</remarks>
    internal static double RealAtMonotonicZero() => RealAtZeroOf(Libc.ClockMonotonic);

    /// <summary>The wall clock's time when the machine booted, in seconds since the epoch.</summary>
    internal static double RealAtBoot() => RealAtZeroOf(Libc.ClockBoot);

    /// <summary>
    /// Whether no step of the wall clock lies between two results of <see cref="RealAtMonotonicZero"/> or <see cref="RealAtBoot"/>.
    /// </summary>
    internal static bool IsSame(double one, double other) => Math.Abs(one - other) < Tolerance;

    /// <summary>Seconds since the epoch.</summary>
    internal static double SecondsOf(DateTime time) => (time.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds;

    private static double RealAtZeroOf(int clock) =>
        (Libc.Now(Libc.ClockReal).TotalNanoseconds - Libc.Now(clock).TotalNanoseconds) / 1e9;
}

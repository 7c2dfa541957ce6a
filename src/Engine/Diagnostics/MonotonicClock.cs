using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Diagnostics;

/// <summary>The clock of flight files: shared by all processes of a machine, good for durations only.</summary>
internal static class MonotonicClock
{
    /// <summary>CLOCK_MONOTONIC, in seconds.</summary>
    public static double Seconds() => Libc.Now(Libc.ClockMonotonic).TotalSeconds;
}

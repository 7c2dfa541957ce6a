using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Diagnostics;

/// <summary>The clock of flight files: one for all processes of a machine, and for nothing but durations.</summary>
internal static class MonotonicClock
{
    /// <summary>CLOCK_MONOTONIC, in seconds.</summary>
    public static double Seconds()
    {
        _ = Libc.ClockTime(Libc.ClockMonotonic, out var now);
        return now.Seconds + (now.Nanoseconds * 1e-9);
    }
}

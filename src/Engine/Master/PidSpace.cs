using GunicornPrometheusExporter.Diagnostics;

namespace GunicornPrometheusExporter.Master;

/// <summary>The content of <c>pids.json</c>.</summary>
/// <param name="BootedAt">The wall clock's boot time when it was recorded: another value means that the clock was set.</param>
internal sealed record PidSpace(string BootId, string PidNamespace, double BootedAt)
{
    /// <summary>Whether the wall clock was not set since, so that file times and process start times are comparable.</summary>
    internal bool IsClockTheSame => ClockSteps.IsSame(BootedAt, ClockSteps.RealAtBoot());
}

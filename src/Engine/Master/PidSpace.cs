using GunicornPrometheusExporter.Diagnostics;

namespace GunicornPrometheusExporter.Master;

/// <summary>What <c>pids.json</c> states.</summary>
/// <param name="BootId">As in <see cref="ProcessSpace"/>.</param>
/// <param name="PidNamespace">Likewise.</param>
/// <param name="BootedAt">When the machine booted, by the wall clock of the record: another time means that the clock was set.</param>
internal sealed record PidSpace(string BootId, string PidNamespace, double BootedAt)
{
    /// <summary>Whether the wall clock was not set since: times of files can be compared with starts of processes.</summary>
    internal bool IsClockTheSame => ClockSteps.IsSame(BootedAt, ClockSteps.RealAtBoot());
}

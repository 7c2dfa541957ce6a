using System.Collections.Immutable;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Stacks;

namespace GunicornPrometheusExporter.Incidents;

/// <summary>
/// Something that went wrong, or a reload, which may explain it. Values that are unknown, or that its kind lacks, are null.
/// </summary>
/// <param name="Time">When it happened, in seconds since the Unix epoch.</param>
/// <param name="Kind">One of <see cref="IncidentKinds"/>.</param>
internal sealed record Incident(double Time, string Kind)
{
    // The last second that a date can have.
    private const double LatestTime = 253402300799;

    // In seconds: the wall clock may be slewed between two computations of a time.
    private const double SameTime = 1;

    // In seconds: how long a master may take to reap a worker. Its pid is not reused before.
    private const double LatestReaping = 60;

    /// <summary>As in the label <c>worker_id</c>; null for an incident of the whole server.</summary>
    public string? WorkerId { get; init; }

    /// <summary>The pid of the worker in its own PID namespace.</summary>
    public int? Pid { get; init; }

    /// <summary>The host, where a hub has those of many; null in a store.</summary>
    public string? Instance { get; init; }

    /// <summary>
    /// Why a worker died: one of <see cref="WorkerExitReasons.All"/>, or <see cref="WorkerExitReasons.Unknown"/>. One of
    /// <see cref="ReloadCauses"/> for a reload.
    /// </summary>
    public string? Cause { get; init; }

    /// <summary>The name of the signal that killed a worker: <c>SIGSEGV</c>.</summary>
    public string? Signal { get; init; }

    public string? Method { get; init; }

    /// <summary>The framework's route, otherwise the normalised path.</summary>
    public string? Route { get; init; }

    public int? Status { get; init; }

    /// <summary>How long the request had been in flight, in seconds.</summary>
    public double? AgeSeconds { get; init => field = FiniteOrNull(value); }

    public string? TraceId { get; init; }

    /// <summary>The resident set of the worker, in bytes.</summary>
    public double? MemoryBytes { get; init => field = FiniteOrNull(value); }

    /// <summary>The class name of an exception.</summary>
    public string? ErrorType { get; init; }

    /// <summary>The innermost frame first.</summary>
    public ImmutableArray<StackFrame>? Stack { get; init; }

    /// <summary>Whether the time is one that a date can have.</summary>
    internal bool HasDate => Time is >= 0 and <= LatestTime;

    internal static Incident OfReload(TimeProvider time, string cause) =>
        new(time.GetUtcNow().ToUnixTimeMilliseconds() / 1e3, IncidentKinds.Reload) { Cause = cause };

    /// <summary>Whether this is a death that another incident records already.</summary>
    /// <remarks>
    /// An exit without a flight file has no worker id: it is any death of the pid at that time, or one whose cause was unknown then.
    /// </remarks>
    internal bool IsOfSameDeath(Incident other) =>
        Pid == other.Pid && Kind is IncidentKinds.Death or IncidentKinds.Timeout
        && other.Kind is IncidentKinds.Death or IncidentKinds.Timeout
        && (WorkerId is null || WorkerId == other.WorkerId)
        && (Math.Abs(Time - other.Time) < SameTime
            || (other.Cause == WorkerExitReasons.Unknown && Time - other.Time is > 0 and < LatestReaping));

    // A worker may write anything into its flight file, but JSON has only finite numbers.
    private static double? FiniteOrNull(double? value) => value is { } number && double.IsFinite(number) ? value : null;
}

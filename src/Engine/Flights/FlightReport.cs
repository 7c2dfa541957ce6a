using System.Collections.Immutable;

namespace GunicornPrometheusExporter.Flights;

/// <summary>The content of a flight file when it was read.</summary>
/// <param name="Pid">The worker's pid in its own PID namespace.</param>
/// <param name="BusyTotal">Requests in flight integrated over time until <paramref name="LastChange"/>, in seconds.</param>
/// <param name="LastChange">When the worker last updated the total, in seconds of the monotonic clock.</param>
/// <param name="ReportedBusy">The highest number of busy seconds that an exporter reported, or 0.</param>
/// <param name="LoopTotal">The busy seconds of the worker's event loop that its counter has; 0 without a loop.</param>
/// <param name="LoopSince">Since when the loop was busy beyond that, in seconds of the monotonic clock; 0 if it waited.</param>
/// <param name="ReportedLoop">The highest number of the loop's busy seconds that an exporter reported, or 0.</param>
/// <param name="Memory">The resident set at the worker's last update, in bytes.</param>
/// <param name="IsUnfinished">Whether the slot's files lack some of what the worker committed.</param>
/// <param name="Requests">In the order of their entries.</param>
internal sealed record FlightReport(
    int Pid, int InFlight, double BusyTotal, double LastChange, double ReportedBusy, double LoopTotal,
    double LoopSince, double ReportedLoop, double Memory, bool IsUnfinished, ImmutableArray<FlightRequest> Requests)
{
    public bool IsAlive { get; init; }

    /// <summary>The signal whose handler in the worker writes a stack; 0 if there is none.</summary>
    public int StackSignal { get; init; }

    /// <summary>Gunicorn's setting <c>timeout</c> in the worker, in seconds; 0 if it is off or unknown.</summary>
    public double Timeout { get; init; }

    /// <summary>When the timer of an event loop is due whose polls are not known; 0 if they are, or without a loop.</summary>
    public double LoopDue { get; init; }
}

/// <summary>One request that a worker had in flight, or one task of a dirty worker.</summary>
/// <remarks>The application of a task stands in place of the path, its action in place of the route.</remarks>
/// <param name="Status">The status of its response; 0 before there was one.</param>
/// <param name="Started">When it began, in seconds of the monotonic clock.</param>
/// <param name="Path">The path as requested, truncated if it was too long.</param>
/// <param name="Route">The framework's route; empty if it reported none.</param>
/// <param name="TraceId">The trace id in hexadecimal, or empty.</param>
/// <param name="Thread">The kernel's id of the thread that began it, in the worker's PID namespace.</param>
/// <param name="Labels">The offset of the entry in the slot's counters that has its extra labels; 0 without one.</param>
internal readonly record struct FlightRequest(
    FlightState State, int Status, double Started, string Method, string Path, string Route, string TraceId,
    int Labels = 0, int Thread = 0)
{
    /// <summary>Whether it lasts as long as the client wants: a stream of events, or a WebSocket.</summary>
    public bool IsLasting { get; init; }

    /// <summary>Whether it is the rest of a dirty worker's task that is already counted as timed out.</summary>
    public bool IsOverdue => Method == FlightTableWriter.Overdue;
}

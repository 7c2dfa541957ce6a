using System.Collections.Immutable;

namespace GunicornPrometheusExporter.Flights;

/// <summary>What a flight file said when it was read.</summary>
/// <param name="Pid">The worker, as its own PID namespace numbers it.</param>
/// <param name="Capacity">Requests that it can have in hand; 0 if not known.</param>
/// <param name="InFlight">Requests that it had in hand.</param>
/// <param name="BusyTotal">Requests in flight integrated over time until <paramref name="LastChange"/>, in seconds.</param>
/// <param name="LastChange">When that was last brought up to date, in seconds of the monotonic clock.</param>
/// <param name="ReportedBusy">The most busy seconds that an exporter said it had; 0 if none did.</param>
/// <param name="Memory">Its resident set when it last looked, in bytes.</param>
/// <param name="IsUnfinished">Whether the slot's files lack some of what it had committed.</param>
/// <param name="Requests">The requests, in the order of their entries.</param>
internal sealed record FlightReport(
    int Pid, int Capacity, int InFlight, double BusyTotal, double LastChange, double ReportedBusy, double Memory,
    bool IsUnfinished, ImmutableArray<FlightRequest> Requests);

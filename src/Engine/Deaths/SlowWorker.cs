using System.Collections.Immutable;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Flights;

namespace GunicornPrometheusExporter.Deaths;

/// <summary>A live worker that has slow requests or a blocked event loop, or is about to reach its timeout.</summary>
/// <param name="Requests">Its slow requests, the oldest first.</param>
/// <param name="IsBlocked">Whether its event loop has run one thing for longer than a request may take.</param>
internal sealed record SlowWorker(LiveWorker Worker, FlightReport Report, ImmutableArray<SlowRequest> Requests, bool IsBlocked)
{
    public string WorkerId => SlotName.LabelOf(Worker.Kind, Worker.Number);

    /// <summary>The worker's oldest request if it is about to reach its timeout.</summary>
    public FlightRequest? Expiring =>
        Worker.IsExpiring && !Report.Requests.IsEmpty ? Report.Requests.MinBy(request => request.Started) : null;

    /// <summary>The thread whose stack shows what a request waits for; null if the request only waits for events.</summary>
    public int? ThreadOf(FlightRequest request) =>
        !Worker.HasLoop ? request.Thread : Worker.Load.LoopLag > 0 ? Report.Pid : null;
}

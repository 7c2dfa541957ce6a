using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Flights;

namespace GunicornPrometheusExporter.Deaths;

/// <summary>A dead worker whose flight file still exists.</summary>
/// <param name="Kind">A worker or a dirty worker.</param>
/// <param name="Number">Its slot, which may have another holder by now.</param>
/// <param name="Report">The worker's last state; null if the file is damaged.</param>
/// <param name="SeenAt">When it was first seen dead, in seconds of the monotonic clock.</param>
internal sealed record DeadWorker(string Path, SlotKind Kind, int Number, FlightReport? Report, double SeenAt)
{
    /// <summary>The slot as a label value: <c>worker_3</c>.</summary>
    public string WorkerId => SlotName.LabelOf(Kind, Number);

    public string FileName => System.IO.Path.GetFileName(Path);

    /// <summary>Busy time that exporters reported but the worker did not live to record, in seconds.</summary>
    public double LostBusySeconds => Report is null ? 0 : Math.Max(0, Report.ReportedBusy - Report.BusyTotal);

    /// <summary>Busy time of its event loop that exporters reported but the worker did not live to record, in seconds.</summary>
    public double LostLoopSeconds => Report is null ? 0 : Math.Max(0, Report.ReportedLoop - Report.LoopTotal);

    /// <summary>When it last committed or was last reported as busy, in seconds of the monotonic clock.</summary>
    internal double LastSign =>
        (Report?.LastChange ?? SeenAt) + (Report is { InFlight: > 0 } ? LostBusySeconds / Report.InFlight : 0);
}

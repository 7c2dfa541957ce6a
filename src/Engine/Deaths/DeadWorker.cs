using GunicornPrometheusExporter.Flights;

namespace GunicornPrometheusExporter.Deaths;

/// <summary>A worker that is dead and whose flight file still stands.</summary>
/// <param name="Path">The file.</param>
/// <param name="Number">Its slot, which may have another holder by now.</param>
/// <param name="Report">What the worker had in hand; null if the file is damaged.</param>
/// <param name="SeenAt">When it was first seen dead, in seconds of the monotonic clock.</param>
internal sealed record DeadWorker(string Path, int Number, FlightReport? Report, double SeenAt)
{
    /// <summary>The name of the file.</summary>
    public string FileName => System.IO.Path.GetFileName(Path);

    /// <summary>Busy time that it did not live to write down, in seconds: what was told of it while it lived.</summary>
    public double LostBusySeconds => Report is null ? 0 : Math.Max(0, Report.ReportedBusy - Report.BusyTotal);

    /// <summary>When it was last told of as alive, or changed something.</summary>
    internal double LastSign =>
        (Report?.LastChange ?? SeenAt) + (Report is { InFlight: > 0 } ? LostBusySeconds / Report.InFlight : 0);
}

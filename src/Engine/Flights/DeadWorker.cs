using GunicornPrometheusExporter.Store;

namespace GunicornPrometheusExporter.Flights;

/// <summary>A worker that is dead and whose flight file still stands.</summary>
/// <param name="Path">The file.</param>
/// <param name="Number">Its slot, which may have another holder by now.</param>
/// <param name="Report">What the worker had in hand; null if the file is damaged.</param>
/// <param name="SeenAt">When it was first seen dead, in seconds of the monotonic clock.</param>
/// <param name="BusyUntil">Until when its requests in flight kept it busy, on the same clock.</param>
public sealed record DeadWorker(string Path, int Number, FlightReport? Report, double SeenAt, double BusyUntil)
{
    /// <summary>The name of the file.</summary>
    public string FileName => System.IO.Path.GetFileName(Path);

    /// <summary>Busy time that the worker did not live to write down, in seconds.</summary>
    public double LostBusySeconds => Report is null
        ? 0
        : Math.Min(Report.InFlight, Report.Requests.Length) * Math.Max(0, BusyUntil - Report.LastChange);
}

using GunicornPrometheusExporter.Flights;

namespace GunicornPrometheusExporter.Exporter.Profiles;

/// <summary>A live worker and its requests in flight.</summary>
/// <param name="Number">Its slot.</param>
/// <param name="Path">Its flight file.</param>
internal sealed record LiveFlight(SlotKind Kind, int Number, string Path, FlightReport Report)
{
    /// <summary>As in the label <c>worker_id</c>.</summary>
    internal string WorkerId => SlotName.LabelOf(Kind, Number);

    /// <summary>The live workers of a store in the order of their slots; one of them if an id is given.</summary>
    /// <remarks>A file that cannot be read is skipped.</remarks>
    /// <exception cref="IOException">The store cannot be listed.</exception>
    internal static IReadOnlyList<LiveFlight> In(string directory, string? workerId = null)
    {
        var flights = new List<LiveFlight>();
        foreach (var path in FlightTableReader.In(directory))
        {
            if (!FlightTableReader.TryParseSlot(path, out var kind, out var number)) continue;
            if (workerId is not null && SlotName.LabelOf(kind, number) != workerId) continue;
            if (TryRead(path) is { } report) flights.Add(new(kind, number, path, report));
        }
        return [.. flights.OrderBy(flight => flight.Kind).ThenBy(flight => flight.Number)];
    }

    /// <summary>The same worker as it is now; null if it exited.</summary>
    internal LiveFlight? Again() => TryRead(Path) is { } report ? this with { Report = report } : null;

    private static FlightReport? TryRead(string path)
    {
        try
        {
            return FlightTableReader.TryRead(path) is { IsAlive: true } report ? report : null;
        }
        catch (Exception e) when (e is StoreException or CorruptFileException or IOException)
        {
            return null;
        }
    }
}

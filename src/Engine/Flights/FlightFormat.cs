namespace GunicornPrometheusExporter.Flights;

/// <summary>What a flight file is: the requests that a worker has in flight, readable after its death.</summary>
/// <remarks>
/// A <see cref="FlightHeader"/> with two records of changes, then a <see cref="FlightRecord"/> for each request in flight.
/// Little-endian. Times are seconds of CLOCK_MONOTONIC. The worker writes the record of changes that is not the last, adds one
/// to <c>Committed</c>, which makes it the last, gives the cells of its slot's files their values, frees the flight record, and
/// adds one to <c>Applied</c>. The next holder of the slot does the same to a record that was committed and not applied. The
/// worker locks byte 0 for life: the worker of an unlocked file is dead. An exporter locks byte 1 while it writes
/// <c>ReportedBusy</c>.
/// </remarks>
internal static class FlightFormat
{
    internal const ulong Magic = 0x3230_544C_4645_5047; // "GPEFLT02"
    internal const string Prefix = "flight_";
    internal const string Extension = ".bin";

    /// <summary>The most requests in flight that a file records.</summary>
    internal const int MaximumEntries = 16384;

    /// <summary>The size past which no flight file grows, in bytes.</summary>
    internal const int MaximumSize = FlightHeader.Size + (MaximumEntries * FlightRecord.Size);
}

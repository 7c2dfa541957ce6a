namespace GunicornPrometheusExporter.Flights;

/// <summary>The format of a flight file: the requests that a worker has in flight, readable after its death.</summary>
/// <remarks>
/// A <see cref="FlightHeader"/> with two change records, then a <see cref="FlightRecord"/> for each request in flight.
/// Little-endian. Times are seconds of CLOCK_MONOTONIC. To commit, the worker writes the older change record, increments
/// <c>Committed</c>, which makes that record the last one, sets the cells of its slot's files, frees the flight record, and
/// increments <c>Applied</c>. The next holder of the slot applies a record that was committed but not applied. The worker
/// locks byte 0 until it exits: the worker of an unlocked file is dead. An exporter locks byte 1 while it writes
/// <c>ReportedBusy</c> and <c>ReportedLoop</c>.
/// </remarks>
internal static class FlightFormat
{
    internal const ulong Magic = 0x3330_544C_4645_5047; // "GPEFLT03"
    internal const string Prefix = "flight_";
    internal const string Extension = ".bin";

    internal const int MaximumEntries = 16384;

    /// <summary>Every how many seconds the timer of a worker's event loop is due.</summary>
    internal const double LoopInterval = 0.5;

    /// <summary>By how many seconds that timer may be late without the loop being blocked.</summary>
    internal const double LoopTolerance = 0.1;

    /// <summary>In bytes.</summary>
    internal const int MaximumSize = FlightHeader.Size + (MaximumEntries * FlightRecord.Size);
}

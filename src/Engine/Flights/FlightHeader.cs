using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Flights;

/// <summary>The start of a flight file, as <see cref="FlightFormat"/> draws it.</summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal struct FlightHeader
{
    internal const int Size = RecordsOffset + (2 * ChangeRecord.Size);
    internal const int CommittedOffset = 16;
    internal const int AppliedOffset = 20;
    internal const int ReportedBusyOffset = 32;
    internal const int RecordsOffset = 64;

    // More seconds than a machine runs, or all requests of a worker take together.
    private const double LongestTime = 1e12;

    [FieldOffset(0)]
    internal ulong Magic;

    [FieldOffset(8)]
    internal int Pid;

    [FieldOffset(12)]
    internal int Capacity;

    /// <summary>How many records were committed; its lowest bit says which of both is the last.</summary>
    [FieldOffset(CommittedOffset)]
    internal int Committed;

    /// <summary>How many of them are applied: all, or all but the last.</summary>
    [FieldOffset(AppliedOffset)]
    internal int Applied;

    /// <summary>The resident set when the worker last looked, in bytes.</summary>
    [FieldOffset(24)]
    internal double LastMemory;

    /// <summary>The most busy seconds that an exporter said the worker had; 0 if none did. The exporters write it.</summary>
    [FieldOffset(ReportedBusyOffset)]
    internal double ReportedBusy;

    [FieldOffset(RecordsOffset)]
    internal ChangeRecord Even;

    [FieldOffset(RecordsOffset + ChangeRecord.Size)]
    internal ChangeRecord Odd;

    /// <summary>The record that was committed last.</summary>
    internal readonly ChangeRecord Last => (Committed & 1) == 0 ? Even : Odd;

    /// <summary>Whether the numbers that become those of counters are ones that a worker writes.</summary>
    internal readonly bool IsPossible =>
        Last is { InFlight: >= 0, BusyTotal: >= 0 and < LongestTime, LastChange: >= 0 and < LongestTime }
        && ReportedBusy is >= 0 and < LongestTime;
}

using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Flights;

/// <summary>The start of a flight file; see <see cref="FlightFormat"/>.</summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal struct FlightHeader
{
    internal const int Size = StackSignalOffset + 64;
    internal const int CommittedOffset = 16;
    internal const int AppliedOffset = 20;
    internal const int ReportedBusyOffset = 32;
    internal const int ReportedLoopOffset = 56;
    internal const int RecordsOffset = 64;
    internal const int StackSignalOffset = RecordsOffset + (2 * ChangeRecord.Size);

    // In seconds: more than the uptime of a machine, or than the sum of all requests of a worker.
    internal const double LongestTime = 1e12;

    [FieldOffset(0)] internal ulong Magic;
    [FieldOffset(8)] internal int Pid;
    [FieldOffset(12)] internal int Capacity;

    /// <summary>The number of committed records; its lowest bit selects the last one.</summary>
    [FieldOffset(CommittedOffset)] internal int Committed;

    /// <summary>The number of applied records: all, or all but the last.</summary>
    [FieldOffset(AppliedOffset)] internal int Applied;

    /// <summary>The resident set at the worker's last update, in bytes.</summary>
    [FieldOffset(24)] internal double LastMemory;

    /// <summary>The highest number of busy seconds that an exporter reported, or 0. Exporters write it.</summary>
    [FieldOffset(ReportedBusyOffset)] internal double ReportedBusy;

    /// <summary>The busy seconds of the worker's event loop that its counter has; 0 without a loop.</summary>
    /// <remarks>It lies before <see cref="LoopSince"/> and is written after it: a reader between the two reports too little.</remarks>
    [FieldOffset(40)] internal double LoopTotal;

    /// <summary>Since when the loop is busy beyond <see cref="LoopTotal"/>; 0 while it waits for events.</summary>
    [FieldOffset(48)] internal double LoopSince;

    /// <summary>The highest number of the loop's busy seconds that an exporter reported, or 0. Exporters write it.</summary>
    [FieldOffset(ReportedLoopOffset)] internal double ReportedLoop;

    [FieldOffset(RecordsOffset)] internal ChangeRecord Even;
    [FieldOffset(RecordsOffset + ChangeRecord.Size)] internal ChangeRecord Odd;

    /// <summary>The signal whose handler in the worker writes a stack to <c>stacks_worker-N.txt</c>; 0 while there is none.</summary>
    [FieldOffset(StackSignalOffset)] internal int StackSignal;

    /// <summary>Gunicorn's setting <c>timeout</c> in the worker, in seconds; 0 if it is off or unknown.</summary>
    [FieldOffset(StackSignalOffset + 8)] internal double Timeout;

    /// <summary>When the timer of an event loop is due whose polls are not known; 0 if they are, or without a loop.</summary>
    [FieldOffset(StackSignalOffset + 16)] internal double LoopDue;

    internal readonly ChangeRecord Last => (Committed & 1) == 0 ? Even : Odd;

    /// <summary>Whether the values that become counters are ones that a worker can write.</summary>
    internal readonly bool IsPossible =>
        Last is { InFlight: >= 0, BusyTotal: >= 0 and < LongestTime, LastChange: >= 0 and < LongestTime }
        && ReportedBusy is >= 0 and < LongestTime && ReportedLoop is >= 0 and < LongestTime
        && LoopTotal is >= 0 and < LongestTime && LoopSince is >= 0 and < LongestTime && LoopDue is >= 0 and < LongestTime;

    /// <summary>Whether the worker has an event loop that it watches.</summary>
    internal readonly bool HasLoop => LoopTotal > 0 || LoopSince > 0;

    /// <summary>The busy seconds of the worker's event loop until a time on the clock of <see cref="LoopSince"/>.</summary>
    internal readonly double LoopSecondsAt(double time) => LoopTotal + (LoopSince > 0 ? Math.Max(0, time - LoopSince) : 0);

    /// <summary>How late the loop's timer is at a time on that clock, in seconds, at least; 0 if it is not.</summary>
    internal readonly double LoopLagAt(double time)
    {
        if (LoopSince > 0) return Math.Max(0, time - LoopSince - FlightFormat.LoopInterval);
        return LoopDue > 0 && time - LoopDue > FlightFormat.LoopTolerance ? time - LoopDue : 0;
    }
}

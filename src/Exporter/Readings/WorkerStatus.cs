using GunicornPrometheusExporter.Flights;

namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>A worker as one reading found it; what is not known is null.</summary>
internal sealed record WorkerStatus
{
    /// <summary>The worker's slot, as <c>worker_id</c> names it.</summary>
    internal required string Id { get; init; }

    /// <summary>One of the states of a worker.</summary>
    internal required string State { get; init; }

    /// <summary>The process.</summary>
    internal string? Pid { get; init; }

    /// <summary>The share of its capacity that was busy since the earlier reading, from 0 to 1.</summary>
    internal double? Utilisation { get; init; }

    /// <summary>Requests finished a second since the earlier reading.</summary>
    internal double? Requests { get; init; }

    /// <summary>How long they took.</summary>
    internal required Latencies Latencies { get; init; }

    /// <summary>Requests in flight.</summary>
    internal double? InFlight { get; init; }

    /// <summary>Requests that it can have in flight.</summary>
    internal double? Capacity { get; init; }

    /// <summary>The oldest of them.</summary>
    internal OldestRequest? Oldest { get; init; }

    /// <summary>Processes that followed the first in this slot.</summary>
    internal double? Restarts { get; init; }

    /// <summary>Memory: its own and its share of what it shares, else its resident set; in bytes.</summary>
    internal double? Memory { get; init; }

    /// <summary>Processor use in percent of one core.</summary>
    internal double? Cpu { get; init; }
}

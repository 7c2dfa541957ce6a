using GunicornPrometheusExporter.Deaths;

namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>A worker at the time of a read; unknown values are null.</summary>
internal sealed record WorkerStatus
{
    /// <summary>The worker's slot, as <c>worker_id</c> names it.</summary>
    internal required string Id { get; init; }

    internal required string State { get; init; }

    internal string? Pid { get; init; }

    /// <summary>The busy share, since the earlier read, of its event loop if it has one, else of its capacity; from 0 to 1.</summary>
    internal double? Utilisation { get; init; }

    internal double? Requests { get; init; }

    /// <summary>Seconds that it was busy for each request that it finished.</summary>
    internal double? Average { get; init; }

    internal double? InFlight { get; init; }

    /// <summary>Requests that it can have in flight.</summary>
    internal double? Capacity { get; init; }

    /// <summary>The longest that its event loop was late in the last one to two minutes, in seconds; null without a loop.</summary>
    internal double? LoopLag { get; init; }

    internal OldestRequest? Oldest { get; init; }

    /// <summary>Processes that followed the first in this slot.</summary>
    internal double? Restarts { get; init; }

    /// <summary>Memory in bytes: private memory plus its share of shared memory, else the resident set.</summary>
    internal double? Memory { get; init; }

    /// <summary>The growth of its memory; null if unknown.</summary>
    internal Growth? MemoryGrowth { get; init; }

    /// <summary>Processor use in percent of one core.</summary>
    internal double? Cpu { get; init; }
}

/// <summary>The growth of a value in a time.</summary>
internal sealed record Growth(double Bytes, TimeSpan Time);

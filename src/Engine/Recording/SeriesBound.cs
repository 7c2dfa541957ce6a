using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Recording;

/// <summary>Keeps the number of series that one slot records below a bound.</summary>
/// <remarks>
/// A sample of a histogram counts as a series, as it does for Prometheus. What a slot has is counted from its files, so
/// recycling widens no bound. Not thread-safe.
/// </remarks>
/// <param name="store">The slot.</param>
/// <param name="maximum">The most series.</param>
internal sealed class SeriesBound(SlotStore store, int maximum)
{
    /// <summary>The bound where none is configured: 200 routes of two methods and ten statuses each, with room to spare.</summary>
    internal const int DefaultMaximum = 15_000;

    // For what becomes of requests past the bound, by their status and their exceptions.
    private const int RoomForOutcomes = 256;

    // More than one histogram takes: 18 keys, each with a label value of 256 characters of six bytes.
    private const int LargestGrowth = 64 << 10;

    // A client chooses their values; those of every other label are the product's own.
    private static readonly string[] Open = ["method", "endpoint"];

    private static readonly string[] Outcomes = ["status_code", "error_type"];

    /// <summary>Whether so many further series are within the bound.</summary>
    internal bool HasRoom(int series) => Count + series <= maximum && HasSpace;

    /// <summary>Whether so many further series are within the room for outcomes.</summary>
    internal bool HasRoomForOutcome(int series) => Count + series <= maximum + RoomForOutcomes && HasSpace;

    /// <summary>Puts <see cref="LabelBounds.Other"/> in the place of what a client chose.</summary>
    /// <param name="labels">The labels of a series.</param>
    /// <param name="withOutcome">Whether statuses and types of exceptions are replaced too.</param>
    /// <returns>Whether that is another series.</returns>
    internal bool TryMerge(Span<Label> labels, bool withOutcome)
    {
        var isOther = false;
        foreach (ref var label in labels)
        {
            var isOpen = Open.Contains(label.Name) || (withOutcome && Outcomes.Contains(label.Name))
                || (label.Name == "worker_id" && label.Value != store.WorkerId);
            if (!isOpen || label.Value == LabelBounds.Other) continue;
            label = label with { Value = LabelBounds.Other };
            isOther = true;
        }
        return isOther;
    }

    private int Count =>
        store.FileOf(MetricType.Counter).Count + store.FileOf(MetricType.Histogram).Count + store.FileOf(MetricType.Gauge).Count;

    private bool HasSpace =>
        store.FileOf(MetricType.Counter).Used <= StoreFileWriter.MaximumSize - LargestGrowth
        && store.FileOf(MetricType.Histogram).Used <= StoreFileWriter.MaximumSize - LargestGrowth;
}

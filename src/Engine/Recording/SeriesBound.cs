using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Recording;

/// <summary>Limits the number of series that one slot records.</summary>
/// <remarks>
/// A sample of a histogram counts as a series, as in Prometheus. The slot's existing series are counted from its files, so
/// recycling a worker raises no limit. Not thread-safe.
/// </remarks>
internal sealed class SeriesBound(SlotStore store, int maximum)
{
    /// <summary>The default limit: enough for 200 routes of two methods and ten statuses each.</summary>
    internal const int DefaultMaximum = 15_000;

    // Extra series for requests beyond the limit, by their status and exceptions.
    private const int RoomForOutcomes = 256;

    // In bytes: the part of a file that only routes may use.
    private const int RoomForRoutes = 4 << 20;

    // In bytes, more than one histogram takes: at most 34 keys, each with a label value of 256 characters of six bytes.
    private const int LargestGrowth = 64 << 10;

    // Clients, or the application's code, choose the values of these labels; the product chooses those of all others.
    private static readonly string[] Open = ["method", "endpoint", MetricCatalogue.Application, MetricCatalogue.Action];

    private static readonly string[] Outcomes = [MetricCatalogue.StatusCode, MetricCatalogue.StatusClass, "error_type"];

    /// <summary>Whether the limit allows further series.</summary>
    /// <param name="series">Their number.</param>
    /// <param name="isRoute">Whether they are those of a framework's route, which paths cannot crowd out.</param>
    internal bool HasRoom(int series, bool isRoute) => Count + series <= MaximumOf(isRoute) && HasSpace(isRoute);

    /// <summary>Whether further series fit into the extra room for statuses and exceptions.</summary>
    internal bool HasRoomForOutcome(int series, bool isRoute) =>
        Count + series <= MaximumOf(isRoute) + RoomForOutcomes && HasSpace(isRoute);

    /// <summary>Replaces the values that a client chose with <see cref="LabelBounds.Other"/>; false if none was replaced.</summary>
    /// <param name="withOutcome">Whether to replace statuses and exception types too.</param>
    internal bool TryMerge(Span<Label> labels, bool withOutcome)
    {
        var isOther = false;
        foreach (ref var label in labels)
        {
            var isOpen = Open.Contains(label.Name) || ExtraLabel.IsName(label.Name) || (withOutcome && Outcomes.Contains(label.Name))
                || (label.Name == "worker_id" && label.Value != store.WorkerId);
            if (!isOpen || label.Value == LabelBounds.Other) continue;
            label = label with { Value = LabelBounds.Other };
            isOther = true;
        }
        return isOther;
    }

    private int Count =>
        store.FileOf(MetricType.Counter).Count + store.FileOf(MetricType.Histogram).Count + store.FileOf(MetricType.Gauge).Count;

    private int MaximumOf(bool isRoute) => isRoute ? 2 * maximum : maximum;

    private bool HasSpace(bool isRoute)
    {
        var most = StoreFileWriter.MaximumSize - LargestGrowth - (isRoute ? 0 : RoomForRoutes);
        return store.FileOf(MetricType.Counter).Used <= most && store.FileOf(MetricType.Histogram).Used <= most;
    }
}

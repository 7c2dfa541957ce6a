using System.Collections.Immutable;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>Adds the families and label values of the Python package of the same name, computed from other samples.</summary>
/// <remarks>It must be the last source, because it reads what the others add. docs/migration.md describes each translation.</remarks>
internal sealed class LegacySamples(TimeProvider time) : ISampleSource
{
    private static readonly ImmutableArray<Translation> Translations =
    [
        new(MetricCatalogue.WorkerExits, MetricCatalogue.LegacyWorkerRestarts, labels => [labels[0], AllWorkers]),
        new(MetricCatalogue.WorkerExits, MetricCatalogue.LegacyWorkerRestartCount, CountedExit),
        new(MetricCatalogue.WorkerExits, MetricCatalogue.LegacyMasterRestartCount, CountedExit),
        new(MetricCatalogue.MasterSignals, MetricCatalogue.LegacyMasterRestarts, labels => [labels[0] with { Name = "reason" }]),
        new(MetricCatalogue.WorkerState, MetricCatalogue.WorkerState, State),
        new(MetricCatalogue.WorkerFailedRequests, MetricCatalogue.WorkerFailedRequests, FailedRequest) { IsReplacement = true },
        new(MetricCatalogue.StoreBytes, MetricCatalogue.LegacySidecarBytes, _ => []),
        new(MetricCatalogue.StoreFiles, MetricCatalogue.LegacySidecarFiles, _ => []),
        new(MetricCatalogue.ProcessStartTime, MetricCatalogue.LegacySidecarUptime, _ => []) { IsAge = true },
        new(MetricCatalogue.ForwarderUp, MetricCatalogue.LegacySidecarRedis, labels => labels[0].Value == "redis" ? [] : null),
    ];

    // The translated series by the original one; null if the original has no translation.
    private readonly Dictionary<(Translation, int Series), int?> _translated = [];

    public string Name => "legacy metrics";

    // The master counts exits without the slot of the worker.
    private static Label AllWorkers { get; } = new(MetricFamily.WorkerLabel, "all");

    public void Add(FamilyTable families)
    {
        families.ReservesLegacyNames = true;
        var now = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds;
        foreach (var translation in Translations)
        {
            families.Visit(translation.From, (series, set, value) =>
            {
                if (!_translated.TryGetValue((translation, series), out var target))
                {
                    var labels = translation.Labels(SnapshotTaker.LabelsOf(set));
                    _translated[(translation, series)] = target = labels is null ? null : families.SeriesOf(translation.To, labels);
                }
                if (target is not { } legacy) return;
                families.Set(legacy, translation.IsAge ? now - value : value);
                if (translation.IsReplacement) families.Remove(series);
            });
        }
    }

    public void Clear() => _translated.Clear();

    private static IReadOnlyList<Label> CountedExit(IReadOnlyList<Label> labels) =>
    [
        labels[0],
        new("restart_type", WorkerExitReasons.IsOrderly(labels[0].Value) ? "graceful" : "forced"),
        AllWorkers,
    ];

    private static IReadOnlyList<Label>? State(IReadOnlyList<Label> labels) => labels[0].Value switch
    {
        WorkerStates.Quit => [labels[0] with { Value = "quitting" }, labels[1]],
        WorkerStates.Abort => [labels[0] with { Value = "aborting" }, labels[1]],
        _ => null,
    };

    // A second series of the same family would double every sum over it.
    private static IReadOnlyList<Label>? FailedRequest(IReadOnlyList<Label> labels) =>
        labels.FirstOrDefault(label => label.Name == "status_code") is { Value: { } status }
            && !labels.Any(label => label.Name == "error_type")
            ? [.. labels.Append(new("error_type", status)).OrderBy(label => label.Name, StringComparer.Ordinal)]
            : null;

    /// <summary>How the samples of one family become samples of another. Compared by reference.</summary>
    /// <param name="labels">The labels from those of the sample, both sorted by name; null without a translation.</param>
    private sealed class Translation(
        MetricFamily from, MetricFamily to, Func<IReadOnlyList<Label>, IReadOnlyList<Label>?> labels)
    {
        public MetricFamily From => from;

        public MetricFamily To => to;

        public Func<IReadOnlyList<Label>, IReadOnlyList<Label>?> Labels => labels;

        /// <summary>Whether the sample is replaced, not repeated.</summary>
        public bool IsReplacement { get; init; }

        /// <summary>Whether the value becomes the time since it, in seconds.</summary>
        public bool IsAge { get; init; }
    }
}

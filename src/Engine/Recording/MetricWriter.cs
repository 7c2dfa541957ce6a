using System.Buffers;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Recording;

/// <summary>Finds or makes the cells of a series in this process's slot, under the bounds on labels and on series.</summary>
/// <remarks>
/// The slow half of a recording: a series that is recorded often keeps its cells. Not thread-safe.
/// </remarks>
internal sealed partial class MetricWriter
{
    /// <summary>The longest label value, in characters.</summary>
    public const int MaximumValueLength = 256;

    /// <summary>The bound on the series of a slot where none is configured.</summary>
    public const int DefaultMaximumSeries = SeriesBound.DefaultMaximum;

    private const int MaximumKeySize = 16 << 10;

    private readonly SlotStore _store;
    private readonly HistogramFiles? _files;
    private readonly LabelBounds _bounds;
    private readonly HistogramBounds _buckets;
    private readonly SeriesBound _series;
    private readonly Dictionary<string, Cell> _overflows = new(StringComparer.Ordinal);
    private readonly Cell _dropped;
    private readonly int _maximumSeries;
    private Action<string>? _report;

    /// <summary>Writes to a slot, whose earlier label values it learns.</summary>
    /// <param name="maximumLabelValues">The most values that a label takes.</param>
    /// <param name="files">What the slot keeps beside its histograms; null if nothing is to be kept.</param>
    /// <param name="maximumSeries">The most series that the slot has before new ones are recorded as <c>__other__</c>.</param>
    /// <param name="report">Told once, in a sentence, that this bound is reached; null if nobody wants to know.</param>
    /// <param name="buckets">The bounds of the histograms; null for the defaults.</param>
    public MetricWriter(
        SlotStore store, int maximumLabelValues = LabelBounds.DefaultMaximumValues, HistogramFiles? files = null,
        int maximumSeries = DefaultMaximumSeries, Action<string>? report = null, HistogramBounds? buckets = null)
    {
        _store = store;
        _files = files;
        _buckets = buckets ?? HistogramBounds.Default;
        _bounds = new LabelBounds(maximumLabelValues);
        _series = new SeriesBound(store, maximumSeries);
        (_maximumSeries, _report) = (maximumSeries, report);
        store.FileOf(MetricType.Counter).VisitKeys(_bounds.Learn);
        if (store.Kind == SlotKind.Worker) DeclareBuckets();
        _dropped = Locate(MetricCatalogue.Dropped, []);
        foreach (var label in MetricCatalogue.OverflowLabels) _ = OverflowOf(label);
        if (files?.Natives is not null) LocateNatives();
    }

    /// <summary>The slot as a label value: <c>worker_3</c>.</summary>
    public string WorkerId => _store.WorkerId;

    /// <summary>Recordings dropped by this process and its slot's earlier holders.</summary>
    public double Dropped => _dropped.Value;

    /// <summary>Counts a recording that could not be made.</summary>
    public void Drop() => _dropped.Add(1);

    /// <summary>The value of a counter's or a gauge's series, made at 0 where it is new.</summary>
    /// <param name="family">A counter or a gauge of the catalogue.</param>
    /// <param name="values">The label values, in the order of the family's labels.</param>
    /// <returns>Past the bound on series, the value of the series that stands for those that came too late.</returns>
    /// <exception cref="MetricsException">The number or the length of the values is wrong.</exception>
    public Cell Locate(MetricFamily family, ReadOnlySpan<string> values) => Locate(family, values, out _);

    /// <inheritdoc cref="Locate(MetricFamily, ReadOnlySpan{string})"/>
    /// <param name="family">A counter or a gauge of the catalogue.</param>
    /// <param name="values">The label values, in the order of the family's labels.</param>
    /// <param name="isMerged">Whether the series had no place of its own.</param>
    internal Cell Locate(MetricFamily family, ReadOnlySpan<string> values, out bool isMerged)
    {
        var labels = new Label[family.Labels.Length];
        Bound(family, values, labels);
        isMerged = TryMerge(family, labels, family.Name, 1);
        var cell = Locate(family, family.Name, labels);
        if (!cell.IsNone) return cell;
        isMerged |= _series.TryMerge(labels, withOutcome: true);
        return Locate(family, family.Name, labels, mayUseReserve: true);
    }

    /// <summary>Whether this number of new series of an endpoint is within the limit on series.</summary>
    internal bool HasRoom(int series, string endpoint) => _series.HasRoom(series, Endpoints.IsRoute(endpoint));

    /// <summary>Logs once that the limit on series is reached. Call it between two recordings: the log may let others record.</summary>
    internal void ReportFull()
    {
        if (_report is not { } report || OverflowOf(MetricCatalogue.SeriesOverflow).Value == 0) return;
        _report = null;
        report(
            $"{WorkerId} has {_maximumSeries} series or a full store; until this process is replaced, new ones are recorded as " +
            $"{LabelBounds.Other}. Name routes instead of paths, or raise GUNICORN_EXPORTER_MAX_WORKER_SERIES");
    }

    /// <summary>The values of the label <c>endpoint</c>.</summary>
    internal EndpointBounds Endpoints => _bounds.Endpoints;

    /// <summary>The value to record for a label value: the same, or <see cref="LabelBounds.Other"/> beyond the limit.</summary>
    internal string Admit(string label, ReadOnlySpan<char> value)
    {
        if (!_bounds.TryAdmit(label, value, out var admitted)) OverflowOf(label).Add(1);
        return admitted;
    }

    /// <summary>The offset of a counter in the slot's file; 0 for <see cref="Cell.IsNone"/>.</summary>
    internal int OffsetOf(Cell counter) => counter.IsNone ? 0 : _store.FileOf(MetricType.Counter).OffsetOf(counter);

    /// <summary>The count of recordings whose value of a label was past the bound.</summary>
    internal Cell OverflowOf(string label)
    {
        if (!_overflows.TryGetValue(label, out var cell))
        {
            cell = Locate(MetricCatalogue.LabelOverflow, MetricCatalogue.LabelOverflow.Name, [new Label("label", label)]);
            _overflows[label] = cell;
        }
        return cell;
    }

    /// <summary>Merges a series that there is no room for into one that is reserved.</summary>
    /// <param name="labels">Its labels, of which some become <see cref="LabelBounds.Other"/>.</param>
    /// <param name="sample">A sample that the store has if it has the series.</param>
    /// <param name="samples">How many samples the series has.</param>
    private bool TryMerge(MetricFamily family, Span<Label> labels, string sample, int samples)
    {
        var isRoute = false;
        foreach (var label in labels) isRoute |= label.Name == EndpointBounds.Label && Endpoints.IsRoute(label.Value);
        if (_series.HasRoom(samples, isRoute) || Contains(family, sample, labels)) return false;
        var isMerged = _series.TryMerge(labels, withOutcome: false);
        if (!_series.HasRoomForOutcome(samples, isRoute) && !Contains(family, sample, labels))
        {
            isMerged |= _series.TryMerge(labels, withOutcome: true);
        }
        return isMerged;
    }

    private bool Contains(MetricFamily family, string sample, ReadOnlySpan<Label> labels)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(MaximumKeySize);
        try
        {
            var key = StoreKey.Of(family, sample, labels, buffer);
            return !key.Overflowed && _store.FileOf(family.Type).Contains(key.Written);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private Cell Locate(MetricFamily family, string sample, ReadOnlySpan<Label> labels, bool mayUseReserve = false)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(MaximumKeySize);
        try
        {
            var key = StoreKey.Of(family, sample, labels, buffer);
            return key.Overflowed ? default : _store.FileOf(family.Type).GetOrAdd(key.Written, mayUseReserve);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Bound(MetricFamily family, ReadOnlySpan<string> values, Span<Label> labels)
    {
        if (values.Length != family.Labels.Length)
        {
            throw new MetricsException(
                $"{family.Name} takes the labels ({string.Join(", ", family.Labels)}), not {values.Length} values");
        }
        for (var i = 0; i < values.Length; i++)
        {
            var name = family.Labels[i];
            if (values[i].Length > MaximumValueLength)
            {
                throw new MetricsException(
                    $"{family.Name}: the value of label {name} has {values[i].Length} characters; " +
                    $"at most {MaximumValueLength} are allowed");
            }
            labels[i] = new Label(name, Admit(name, values[i]));
        }
    }
}

using System.Buffers;
using GunicornPrometheusExporter.Store;

namespace GunicornPrometheusExporter.Metrics;

/// <summary>Finds or makes the cells of a series in this process's slot, under the bounds on labels.</summary>
/// <remarks>
/// The slow half of a recording: a series that is recorded often keeps its cells. Not thread-safe.
/// </remarks>
public sealed partial class MetricWriter
{
    /// <summary>The longest label value, in characters.</summary>
    public const int MaximumValueLength = 256;

    private const int MaximumKeySize = 16 << 10;

    private readonly SlotStore _store;
    private readonly HistogramFiles? _files;
    private readonly LabelBounds _bounds;
    private readonly Dictionary<string, Cell> _overflows = new(StringComparer.Ordinal);
    private readonly Cell _dropped;

    /// <summary>Writes to a slot, whose earlier label values it learns.</summary>
    /// <param name="store">The slot.</param>
    /// <param name="maximumLabelValues">The most values that a label takes.</param>
    /// <param name="files">What the slot keeps beside its histograms; null if nothing is to be kept.</param>
    public MetricWriter(
        SlotStore store, int maximumLabelValues = LabelBounds.DefaultMaximumValues, HistogramFiles? files = null)
    {
        _store = store;
        _files = files;
        _bounds = new LabelBounds(maximumLabelValues);
        store.FileOf(MetricType.Counter).VisitKeys(_bounds.Learn);
        _dropped = Locate(MetricCatalogue.Dropped, []);
        foreach (var label in (ReadOnlySpan<string>)["endpoint", "error_type"]) _ = OverflowOf(label);
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
    /// <exception cref="MetricsException">The number or the length of the values is wrong.</exception>
    public Cell Locate(MetricFamily family, ReadOnlySpan<string> values)
    {
        var labels = new Label[family.Labels.Length];
        Bound(family, values, labels);
        return Locate(family, family.Name, labels);
    }

    /// <inheritdoc cref="LabelBounds.TryAdmit"/>
    internal bool TryAdmit(string label, ReadOnlySpan<char> value, out string admitted) =>
        _bounds.TryAdmit(label, value, out admitted);

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

    private Cell Locate(MetricFamily family, string sample, ReadOnlySpan<Label> labels)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(MaximumKeySize);
        try
        {
            var key = new StoreKey(buffer);
            key.Write(family.StoreName, sample, labels, family.Help);
            return key.Overflowed ? default : _store.FileOf(family.Type).GetOrAdd(key.Written);
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
            if (!_bounds.TryAdmit(name, values[i], out var admitted)) OverflowOf(name).Add(1);
            labels[i] = new Label(name, admitted);
        }
    }
}

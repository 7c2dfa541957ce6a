using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;
using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>Every family of the store: which series an entry belongs to, and in which order families are exposed.</summary>
/// <remarks>
/// The product's families come first, in the order of the catalogue, and only from files of its own slots; then all
/// others by name. Of two families that would expose the same name, the first in that order is exposed.
/// </remarks>
internal sealed class FamilyTable
{
    private const string ProcessLabel = "pid";

    private readonly SeriesValues _values;
    private readonly ILogger _logger;
    private readonly Dictionary<MetricFamily, MergedFamily> _own;
    private readonly Dictionary<(string Name, MetricType Type), MetricFamily> _catalogue;
    private readonly Dictionary<(string Name, MetricType Type, GaugeMode Mode), MergedFamily> _foreign = [];
    private readonly Dictionary<(bool Own, MetricType Type, GaugeMode Mode), SeriesIndex> _indices = [];
    private readonly HashSet<string> _reported = new(StringComparer.Ordinal);

    public FamilyTable(SeriesValues values, int maximumSeries, ILogger logger)
    {
        _values = values;
        MaximumSeries = maximumSeries;
        _logger = logger;
        _own = MetricCatalogue.All.ToDictionary(
            family => family,
            family => new MergedFamily(family.StoreName, family.Type, family.Help, family.HostMode, values),
            (IEqualityComparer<MetricFamily>)ReferenceEqualityComparer.Instance);
        _catalogue = MetricCatalogue.All
            .Where(family => family.Source is not (FamilySource.Exporter or FamilySource.Hub))
            .ToDictionary(family => (family.StoreName, family.Type));
    }

    /// <summary>The series past which files bring no new ones. Only a table that is cleared heeds a change.</summary>
    public int MaximumSeries { get; set; }

    /// <summary>How many keys were left out because there were too many series.</summary>
    public int DroppedSeries { get; private set; }

    /// <summary>The index of the keys that a file shares with others of its kind.</summary>
    /// <returns>
    /// An index that says <see cref="SeriesValues.LeftOut"/> of an entry that its family cannot have.
    /// </returns>
    public SeriesIndex IndexOf(StoreFileName file, bool own)
    {
        // Only where the label pid is added do two files have different series for one key.
        if (file.Type == MetricType.Gauge && file.Mode == GaugeMode.All && !own) return NewIndex(file, own);
        if (!_indices.TryGetValue((own, file.Type, file.Mode), out var index))
        {
            _indices.Add((own, file.Type, file.Mode), index = NewIndex(file, own));
        }
        return index;
    }

    /// <summary>The series of a sample that the exporter itself adds.</summary>
    public int SeriesOf(MetricFamily family, params IReadOnlyList<Label> labels) =>
        _own[family].SeriesOf(family.Name, labels);

    public void Clear()
    {
        foreach (var family in _own.Values) family.Clear();
        _foreign.Clear();
        DroppedSeries = 0;
    }

    /// <summary>Lays out all families that have series.</summary>
    public void LayOut(ExpositionLayout layout, ReadOnlySpan<bool> mapped, ReadOnlySpan<double> created)
    {
        layout.Clear();
        foreach (var family in MetricCatalogue.All) LayOut(layout, mapped, created, _own[family]);
        var claimed = _own.Values.SelectMany(family => family.Header.SampleNames).ToHashSet(StringComparer.Ordinal);
        foreach (var (_, family) in _foreign
            .OrderBy(entry => entry.Value.Header.Name, StringComparer.Ordinal)
            .ThenBy(entry => entry.Key.Name, StringComparer.Ordinal)
            .ThenBy(entry => entry.Key.Type)
            .ThenBy(entry => entry.Key.Mode))
        {
            if (!IsMapped(family, mapped)) continue;
            if (family.Header.SampleNames.FirstOrDefault(claimed.Contains) is { } name) ReportFamily(family.Header, name);
            else
            {
                claimed.UnionWith(family.Header.SampleNames);
                LayOut(layout, mapped, created, family);
            }
        }
    }

    private SeriesIndex NewIndex(StoreFileName file, bool own) => new(key => Find(file, own, key));

    private int Find(StoreFileName file, bool own, ReadKey key)
    {
        MergedFamily? family;
        if (own && _catalogue.TryGetValue((key.Family, file.Type), out var declared)) family = _own[declared];
        else if (!_foreign.TryGetValue((key.Family, file.Type, file.Mode), out family))
        {
            family = new MergedFamily(key.Family, file.Type, key.Help, file.Mode, _values);
            _foreign.Add((key.Family, file.Type, file.Mode), family);
        }
        var isFull = _values.Count > MaximumSeries;
        var labels = own ? key.Labels : Relabel(file, key.Labels);
        var series = family.SeriesOf(key.Sample, labels, mayGrow: !isFull);
        if (series == SeriesValues.LeftOut) Report(file.Type, key, isFull);
        return series;
    }

    /// <summary>The labels of a foreign gauge, whose label <c>pid</c> belongs to the merge.</summary>
    private static IReadOnlyList<Label> Relabel(StoreFileName file, IReadOnlyList<Label> labels)
    {
        if (file.Type != MetricType.Gauge) return labels;
        var others = labels.Where(label => label.Name != ProcessLabel);
        if (file.Mode == GaugeMode.All) others = others.Append(new Label(ProcessLabel, file.Owner));
        return [.. others.OrderBy(label => label.Name, StringComparer.Ordinal)];
    }

    private static bool IsMapped(MergedFamily family, ReadOnlySpan<bool> mapped)
    {
        foreach (var set in family.LabelSets)
        {
            foreach (var line in set.Lines)
            {
                if (mapped[line.Series]) return true;
            }
        }
        return false;
    }

    private static void LayOut(
        ExpositionLayout layout, ReadOnlySpan<bool> mapped, ReadOnlySpan<double> created, MergedFamily family)
    {
        layout.Begin(family.Header);
        foreach (var set in family.LabelSets)
        {
            var first = double.PositiveInfinity;
            foreach (var line in set.Lines)
            {
                first = Math.Min(first, created[line.Series]);
                if (line.Kind == LineKind.Count || mapped[line.Series]) layout.Add(line);
            }
            set.Created = double.IsFinite(first) ? first : 0;
        }
    }

    private void Report(MetricType type, ReadKey key, bool isFull)
    {
        if (isFull)
        {
            if (DroppedSeries++ == 0) ScrapeLog.SeriesDropped(_logger, MaximumSeries, key.Family);
        }
        else if (_reported.Add(key.Family))
        {
            ScrapeLog.SampleLeftOut(_logger, key.Family, key.Sample, type.Word());
        }
    }

    private void ReportFamily(FamilyHeader family, string name)
    {
        if (_reported.Add($"{family.Type.Word()} {family.Name}"))
        {
            ScrapeLog.FamilyLeftOut(_logger, family.Type.Word(), family.Name, name);
        }
    }
}

using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;
using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>All families of a store: maps entries to series, and orders families for the exposition.</summary>
/// <remarks>
/// The product's families come first, in the order of the catalogue, and only from files of slots; all others follow by
/// name. If two families would expose the same name, only the first in this order is exposed.
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
        _own = MetricCatalogue.All.Concat(MetricCatalogue.Hidden).ToDictionary(
            family => family,
            family => new MergedFamily(family.StoreName, family.Type, family.Help, family.HostMode, values),
            (IEqualityComparer<MetricFamily>)ReferenceEqualityComparer.Instance);
        _catalogue = _own.Keys
            .Where(family => family.Source is FamilySource.Worker or FamilySource.Master or FamilySource.Arbiter or FamilySource.Ledger)
            .ToDictionary(family => (family.StoreName, family.Type));
        Bounds = new CommonBounds(_own[MetricCatalogue.HistogramLayout], values);
    }

    /// <summary>The limit beyond which new series are dropped. A change takes effect after <see cref="Clear"/>.</summary>
    public int MaximumSeries { get; set; }

    /// <summary>What is exposed. A change takes effect after <see cref="Clear"/>.</summary>
    public FamilyChoice Choice { get; set; } = new(PerWorker: true, []);

    /// <summary>The buckets that are exposed. Its merges apply to the values of each scrape.</summary>
    public CommonBounds Bounds { get; }

    /// <summary>Whether no other family may have a name of <see cref="FamilySource.Legacy"/>.</summary>
    public bool ReservesLegacyNames { private get; set; }

    /// <summary>The number of keys that were dropped because of the limit.</summary>
    public int DroppedSeries { get; private set; }

    /// <summary>The index of keys for a file, shared with other files of its kind.</summary>
    /// <remarks>It returns <see cref="SeriesValues.Dropped"/> for an entry that its family cannot have.</remarks>
    public SeriesIndex IndexOf(StoreFileName file, bool own)
    {
        // Two files have different series for one key only if the label pid is added.
        if (file.Type == MetricType.Gauge && file.Mode == GaugeMode.All && !own) return NewIndex(file, own);
        if (!_indices.TryGetValue((own, file.Type, file.Mode), out var index))
        {
            _indices.Add((own, file.Type, file.Mode), index = NewIndex(file, own));
        }
        return index;
    }

    /// <summary>The series of a sample that the exporter adds; the labels must be sorted by name.</summary>
    public int SeriesOf(MetricFamily family, params IReadOnlyList<Label> labels) =>
        _own[family].SeriesOf(family.Name, LabelsOf(family, labels));

    /// <summary>Sets the value of a sample; the labels must be sorted by name.</summary>
    public void Set(MetricFamily family, double value, params IReadOnlyList<Label> labels) =>
        Set(SeriesOf(family, labels), value);

    /// <summary>Adds to the value of a sample; a missing value counts as 0.</summary>
    public void Add(MetricFamily family, double amount, params IReadOnlyList<Label> labels) =>
        _values.Add(SeriesOf(family, labels), amount);

    /// <summary>Gives a sample the value 0 if it has none.</summary>
    public void Ensure(MetricFamily family, params IReadOnlyList<Label> labels) => _values.Ensure(SeriesOf(family, labels));

    /// <summary>Calls for each sample that a counter or gauge has now: its series, its label set and its value.</summary>
    public void Visit(MetricFamily family, Action<int, LabelSet, double> visit)
    {
        foreach (var set in _own[family].LabelSets)
        {
            var series = set.Lines[0].Series;
            if (_values.Present[series]) visit(series, set, _values.Values[series]);
        }
    }

    /// <summary>Calls for each bucket of a histogram: its upper bound, and the observations in it alone.</summary>
    public void VisitBuckets(MetricFamily family, Action<double, double> visit)
    {
        foreach (var set in _own[family].LabelSets)
        {
            foreach (var line in set.Lines)
            {
                if (line.Kind == LineKind.Bucket && _values.Present[line.Series]) visit(line.Bound, _values.Values[line.Series]);
            }
        }
    }

    public LabelSet[] LabelSetsOf(MetricFamily family) => _own[family].LabelSets.ToArray();

    public void Set(int series, double value) => _values.Set(series, value);

    /// <summary>Removes the value of a series from this scrape.</summary>
    public void Remove(int series) => _values.Remove(series);

    /// <summary>Applies what is exposed to the values of this scrape.</summary>
    public void Settle()
    {
        Bounds.Merge();
        if (Choice.PerWorker) return;
        foreach (var set in _own[MetricCatalogue.WorkerState].LabelSets) _values.RemoveZero(set.Lines[0].Series);
    }

    public void Clear()
    {
        foreach (var family in _own.Values) family.Clear();
        Bounds.Clear();
        _foreign.Clear();
        DroppedSeries = 0;
    }

    /// <summary>Lays out the families. A series is exposed if it is mapped: a file or the exporter has it now.</summary>
    /// <remarks>The times of creation are in seconds since the epoch; infinite if unknown.</remarks>
    public void LayOut(ExpositionLayout layout, Span<bool> mapped, ReadOnlySpan<double> created)
    {
        layout.Clear();
        Bounds.Begin();
        foreach (var family in MetricCatalogue.All)
        {
            if (Choice.Excludes(family.Name) || (family.IsDetail && !Choice.PerWorker)) continue;
            var merged = _own[family];
            if (family.Type == MetricType.Histogram)
            {
                foreach (var set in merged.LabelSets) Bounds.Add(family, set, mapped);
            }
            LayOut(layout, mapped, created, merged);
        }
        var claimed = _own.Where(own => own.Key.Source != FamilySource.Legacy || ReservesLegacyNames)
            .SelectMany(own => own.Value.Header.SampleNames).ToHashSet(StringComparer.Ordinal);
        foreach (var (_, family) in _foreign
            .OrderBy(entry => entry.Value.Header.Name, StringComparer.Ordinal)
            .ThenBy(entry => entry.Key.Name, StringComparer.Ordinal)
            .ThenBy(entry => entry.Key.Type)
            .ThenBy(entry => entry.Key.Mode))
        {
            if (!IsMapped(family, mapped) || Choice.Excludes(family.Header.Name) || Choice.Excludes(Escaped(family.Header.Name))) continue;
            if (family.Header.SampleNames.FirstOrDefault(claimed.Contains) is { } name) ReportFamily(family.Header, name);
            else
            {
                claimed.UnionWith(family.Header.SampleNames);
                LayOut(layout, mapped, created, family);
            }
        }
    }

    private static string Escaped(string name) => NameSyntax.EscapeMetric(name, NameEscaping.Underscores);

    private SeriesIndex NewIndex(StoreFileName file, bool own) => new(key => Find(file, own, key));

    private int Find(StoreFileName file, bool own, ReadKey key)
    {
        if (file.Type == MetricType.Counter) key = key.AsCounter();
        MergedFamily? family;
        var labels = own ? key.Labels : Relabel(file, key.Labels);
        if (own && _catalogue.TryGetValue((key.Family, file.Type), out var declared))
        {
            family = _own[declared];
            labels = LabelsOf(declared, labels);
        }
        else if (!_foreign.TryGetValue((key.Family, file.Type, file.Mode), out family))
        {
            family = new MergedFamily(key.Family, file.Type, key.Help, file.Mode, _values);
            _foreign.Add((key.Family, file.Type, file.Mode), family);
        }
        var isFull = _values.Count > MaximumSeries;
        var series = family.SeriesOf(key.Sample, labels, mayGrow: !isFull);
        if (series == SeriesValues.Dropped) Report(file.Type, key, isFull);
        return series;
    }

    /// <summary>The labels of a sample as they are exposed.</summary>
    private IReadOnlyList<Label> LabelsOf(MetricFamily family, IReadOnlyList<Label> labels) => family.IsSummed && !Choice.PerWorker
        ? [.. labels.Where(label => label.Name != MetricFamily.WorkerLabel)]
        : labels;

    /// <summary>The labels for a foreign gauge: the merge sets or removes the label <c>pid</c>.</summary>
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

using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Exporter.Trends;

/// <summary>Sums the samples of snapshots. Not thread-safe.</summary>
/// <remarks>Finds the samples only when the layout changes; otherwise a snapshot costs one addition for each of them.</remarks>
internal sealed class TrendSums
{
    private static readonly int Figures = Enum.GetValues<TrendFigure>().Length;

    private readonly List<(int Sample, int Sum)> _terms = [];
    private SnapshotLayout? _layout;
    private ImmutableArray<double> _bounds = [];

    internal TrendTotals Of(MetricSnapshot snapshot)
    {
        if (snapshot.Layout != _layout) Find(_layout = snapshot.Layout);
        var sums = new double[Figures + _bounds.Length];
        sums.AsSpan(0, Figures).Fill(double.NaN);
        var values = snapshot.Values.Span;
        foreach (var (sample, sum) in _terms)
        {
            if (MetricSnapshot.IsAbsent(values[sample])) continue;
            sums[sum] = double.IsNaN(sums[sum]) ? values[sample] : sums[sum] + values[sample];
        }
        return new(snapshot.Time, [.. sums.AsSpan(0, Figures)], _bounds, ImmutableCollectionsMarshal.AsImmutableArray(sums[Figures..]));
    }

    private void Find(SnapshotLayout layout)
    {
        _terms.Clear();
        var buckets = new List<(int Sample, double Bound)>();
        foreach (var (place, (family, sample)) in layout.Samples.Index())
        {
            if (family.Name == MetricCatalogue.HttpRequestDuration.Name)
            {
                if (LabelOf(sample, MetricFamily.BucketLabel) is { } bound) buckets.Add((place, HistogramBounds.BoundOf(bound) ?? double.NaN));
                continue;
            }
            foreach (var figure in FiguresOf(family.Name, sample)) _terms.Add((place, (int)figure));
        }
        ImmutableArray<double> bounds = [.. buckets.Select(bucket => bucket.Bound).Distinct().Order()];
        // Points share the bounds of earlier ones.
        if (!bounds.AsSpan().SequenceEqual(_bounds.AsSpan())) _bounds = bounds;
        foreach (var (place, bound) in buckets) _terms.Add((place, Figures + _bounds.IndexOf(bound)));
    }

    private static IEnumerable<TrendFigure> FiguresOf(string family, SnapshotSample sample)
    {
        if (family == MetricCatalogue.HttpRequests.Name)
        {
            yield return TrendFigure.Requests;
            if (LabelOf(sample, MetricCatalogue.StatusCode) is ['4', ..]) yield return TrendFigure.ClientErrors;
            if (LabelOf(sample, MetricCatalogue.StatusCode) is ['5', ..]) yield return TrendFigure.ServerErrors;
        }
        else if (family == MetricCatalogue.WorkerRequestsLost.Name) yield return TrendFigure.Lost;
        else if (family == MetricCatalogue.WorkerExits.Name)
        {
            if (!WorkerExitReasons.IsOrderly(LabelOf(sample, "reason") ?? "")) yield return TrendFigure.Deaths;
        }
        else if (family == MetricCatalogue.Saturation.Name) yield return TrendFigure.Saturation;
        else if (family == MetricCatalogue.ListenerBacklog.Name) yield return TrendFigure.Backlog;
        else if (family == MetricCatalogue.WorkerRequestsInFlight.Name) yield return TrendFigure.InFlight;
        else if (family == MetricCatalogue.WorkerProportionalMemory.Name) yield return TrendFigure.ProportionalMemory;
        else if (family == MetricCatalogue.WorkerMemory.Name) yield return TrendFigure.ResidentMemory;
    }

    private static string? LabelOf(SnapshotSample sample, string name) => sample.Labels.FirstOrDefault(label => label.Name == name).Value;
}

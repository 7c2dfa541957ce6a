using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Recording;

/// <remarks>The checked operations of the typed metric classes, and of Python's.</remarks>
internal sealed partial class MetricWriter
{
    /// <summary>Adds to one series of a counter.</summary>
    /// <param name="family">A counter of the catalogue.</param>
    /// <param name="amount">Finite, at least 0.</param>
    /// <param name="values">The label values, in the order of the family's labels.</param>
    /// <exception cref="MetricsException">The family is no counter, or the amount or the values are wrong.</exception>
    public void Add(MetricFamily family, double amount, params ReadOnlySpan<string> values)
    {
        Expect(family, MetricType.Counter, "inc");
        if (!(amount >= 0) || double.IsInfinity(amount))
        {
            throw new MetricsException(
                $"{family.Name} is a counter and cannot be incremented by {SampleNumber.ToText(amount)}; " +
                "give a finite amount of at least 0");
        }
        var cell = Locate(family, values, out var isMerged);
        if (cell.IsNone) Drop();
        else cell.Add(amount);
        if (isMerged) CountMerged();
    }

    /// <summary>Sets one series of a gauge.</summary>
    /// <param name="family">A gauge of the catalogue.</param>
    /// <param name="value">The value, in the family's unit.</param>
    /// <param name="values">The label values, in the order of the family's labels.</param>
    /// <exception cref="MetricsException">The family is no gauge, or the values are wrong.</exception>
    public void Set(MetricFamily family, double value, params ReadOnlySpan<string> values)
    {
        Expect(family, MetricType.Gauge, "set");
        var cell = Locate(family, values, out var isMerged);
        if (cell.IsNone) Drop();
        else cell.Set(value);
        if (isMerged) CountMerged();
    }

    /// <summary>Counts one observation in one series of a histogram.</summary>
    /// <param name="family">A histogram of the catalogue.</param>
    /// <param name="value">The observation, in the family's unit; not NaN.</param>
    /// <param name="values">The label values, in the order of the family's labels.</param>
    /// <exception cref="MetricsException">The family is no histogram, or the value or the labels are wrong.</exception>
    public void Observe(MetricFamily family, double value, params ReadOnlySpan<string> values)
    {
        Expect(family, MetricType.Histogram, "observe");
        if (double.IsNaN(value)) throw new MetricsException($"{family.Name} cannot observe NaN; give a number");
        var cells = LocateHistogram(family, values, out var isMerged);
        if (cells.IsNone) Drop();
        else cells.Observe(value);
        if (isMerged) CountMerged();
    }

    private void CountMerged()
    {
        OverflowOf(MetricCatalogue.SeriesOverflow).Add(1);
        ReportFull();
    }

    private static void Expect(MetricFamily family, MetricType type, string operation)
    {
        if (family.Type == type) return;
        throw new MetricsException($"{family.Name} is a {family.Type.Word()}; {operation} is for a {type.Word()}");
    }
}

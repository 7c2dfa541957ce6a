using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Recording;

/// <remarks>The checked operations of Python's metric classes.</remarks>
internal sealed partial class MetricWriter
{
    /// <summary>Adds to one series of a counter.</summary>
    /// <param name="amount">Finite, at least 0.</param>
    /// <param name="values">The label values, in the order of the family's labels.</param>
    /// <exception cref="MetricsException">The family is no counter, or the amount or the values are wrong.</exception>
    public void Add(MetricFamily family, double amount, params ReadOnlySpan<string> values) =>
        _ = Record(family, MetricType.Counter, amount, values);

    /// <summary>Sets one series of a gauge.</summary>
    /// <param name="value">The value, in the family's unit.</param>
    /// <param name="values">The label values, in the order of the family's labels.</param>
    /// <exception cref="MetricsException">The family is no gauge, or the values are wrong.</exception>
    public void Set(MetricFamily family, double value, params ReadOnlySpan<string> values) =>
        _ = Record(family, MetricType.Gauge, value, values);

    /// <summary>Counts one observation in one series of a histogram.</summary>
    /// <param name="value">The observation, in the family's unit; not NaN.</param>
    /// <param name="values">The label values, in the order of the family's labels.</param>
    /// <exception cref="MetricsException">The family is no histogram, or the value or the labels are wrong.</exception>
    public void Observe(MetricFamily family, double value, params ReadOnlySpan<string> values) =>
        _ = Record(family, MetricType.Histogram, value, values);

    /// <summary>Records one value in one series.</summary>
    /// <param name="type">The type that the caller's operation is for.</param>
    /// <param name="values">The label values, in the order of the family's labels.</param>
    /// <returns>
    /// The series, for later values with the same labels; <see cref="Series.IsNone"/> if they have to come here again,
    /// because the value went to another series, which is counted each time, or to none.
    /// </returns>
    /// <exception cref="MetricsException">The family is of another type, or the value or the labels are wrong.</exception>
    internal Series Record(MetricFamily family, MetricType type, double value, ReadOnlySpan<string> values)
    {
        Check(family, type, value);
        var isMerged = false;
        var series = type == MetricType.Histogram
            ? new Series(LocateHistogram(family, values, out isMerged))
            : new Series(type, Locate(family, values, out isMerged));
        if (series.IsNone) Drop();
        else series.Record(value);
        if (isMerged) CountMerged();
        return isMerged || !IsAdmitted(family, values) ? default : series;
    }

    /// <summary>Checks that a family takes a value by an operation.</summary>
    /// <param name="type">The type that the operation is for.</param>
    /// <exception cref="MetricsException">It does not.</exception>
    internal static void Check(MetricFamily family, MetricType type, double value)
    {
        if (family.Type != type)
        {
            throw new MetricsException($"{family.Name} is a {family.Type.Word()}; {OperationOf(type)} is for a {type.Word()}");
        }
        if (type == MetricType.Counter && !(value >= 0 && double.IsFinite(value)))
        {
            throw new MetricsException(
                $"{family.Name} is a counter and cannot be incremented by {SampleNumber.ToText(value)}; " +
                "give a finite amount of at least 0");
        }
        if (type == MetricType.Histogram && double.IsNaN(value))
        {
            throw new MetricsException($"{family.Name} cannot observe NaN; give a number");
        }
    }

    /// <summary>The name of the operation that records in a type, as <c>prometheus_client</c> has it.</summary>
    internal static string OperationOf(MetricType type) => type switch
    {
        MetricType.Counter => "inc",
        MetricType.Gauge => "set",
        _ => "observe",
    };

    private void CountMerged()
    {
        OverflowOf(MetricCatalogue.SeriesOverflow).Add(1);
        ReportFull();
    }

    /// <summary>Whether label values that were recorded are within the bounds, so that they stay as they are.</summary>
    internal bool IsAdmitted(MetricFamily family, ReadOnlySpan<string> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (!_bounds.TryAdmit(family.Labels[i], values[i], out _)) return false;
        }
        return true;
    }
}

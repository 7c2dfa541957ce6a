using System.Collections.Immutable;
using GunicornPrometheusExporter.Exporter.Trends;

namespace GunicornPrometheusExporter.Exporter.StatusPage;

/// <summary>The places of points in a chart: steps to the right from the begin of the range, thousandths down from the top.</summary>
/// <param name="End">The time at the right.</param>
internal sealed record ChartAxis(TrendRange Range, DateTimeOffset End)
{
    internal const int Height = 1000;

    /// <summary>When the server, or its exporter, was reloaded.</summary>
    internal ImmutableArray<DateTimeOffset> Reloads { get; init; } = [];

    internal DateTimeOffset Begin => End - Range.Length;

    /// <summary>The place of a time; outside of the range it is negative or beyond the last step.</summary>
    internal int PlaceOf(DateTimeOffset time) => (int)Math.Round((time - Begin) / Range.Step);

    /// <summary>The least of 1, 2 and 4 times a power of ten that is not below the value: half of it is as short.</summary>
    internal static double RoundUp(double value)
    {
        if (!(value > 0) || !double.IsFinite(value)) return 1;
        var power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        double[] steps = [1, 2, 4, 10];
        return power * steps.First(step => step * power >= value * (1 - 1e-9));
    }

    /// <summary>Writes the labels of both axes around a chart; the label of the text alternative has their content.</summary>
    internal void WriteLabels(HtmlWriter html, string top, string middle, string bottom)
    {
        html.Write($"""<div class="y" aria-hidden="true"><span>{top}</span><span>{middle}</span><span>{bottom}</span></div>""");
        html.Write($"""<div class="x" aria-hidden="true"><span>{Clock(Begin)}</span><span>{Clock(End - (Range.Length / 2))}</span>""");
        html.Write($"""<span>{Clock(End)}</span></div>""");
    }

    internal static string Clock(DateTimeOffset time) => time.ToString("HH:mm", CultureInfo.InvariantCulture);
}

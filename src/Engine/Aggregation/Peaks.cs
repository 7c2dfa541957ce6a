using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>Adds the highest value of each observed gauge in the last <see cref="Window"/> seconds.</summary>
/// <remarks>
/// Observed once a second, so that scrapes a minute apart miss no spike of a second. A scrape resets nothing: each of several
/// scrapers sees every spike. Not thread-safe.
/// </remarks>
internal sealed class Peaks(TimeProvider time) : ISampleSource
{
    /// <summary>In seconds: a minute between two scrapes, and half a minute for one that is late.</summary>
    internal const int Window = 90;

    private readonly Dictionary<(MetricFamily Family, Label? Label), double[]> _readings = [];
    private readonly long _start = time.GetTimestamp();
    private long _now;

    public string Name => "peaks";

    /// <summary>Observes a value of a gauge that has a peak; call it in <see cref="ISampleSource.Look"/>.</summary>
    public void Observe(MetricFamily peak, double value, Label? label = null)
    {
        Advance();
        if (!_readings.TryGetValue((peak, label), out var readings))
        {
            _readings.Add((peak, label), readings = new double[Window]);
            Array.Fill(readings, double.NaN);
        }
        ref var reading = ref readings[_now % Window];
        reading = double.MaxNumber(reading, value);
    }

    public void Add(FamilyTable families)
    {
        Advance();
        foreach (var ((peak, label), readings) in _readings)
        {
            families.Set(peak, readings.Aggregate(double.MaxNumber), label is { } only ? [only] : []);
        }
    }

    /// <summary>Removes readings that are too old, and peaks without a reading.</summary>
    private void Advance()
    {
        var now = (long)time.GetElapsedTime(_start).TotalSeconds;
        if (now == _now) return;
        foreach (var (key, readings) in _readings)
        {
            for (var second = Math.Max(_now + 1, now - Window + 1); second <= now; second++) readings[second % Window] = double.NaN;
            if (readings.All(double.IsNaN)) _readings.Remove(key);
        }
        _now = now;
    }
}

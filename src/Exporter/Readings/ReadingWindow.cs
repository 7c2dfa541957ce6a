namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>The reads of about the last ten seconds, for computing rates. Not thread-safe.</summary>
internal sealed class ReadingWindow
{
    /// <summary>An older read says nothing about the present.</summary>
    internal static readonly TimeSpan Memory = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly List<Samples> _readings = [];

    /// <returns>The earlier reads to compare it with: the first of the window and the last; null if there is none.</returns>
    internal (Samples? First, Samples? Last) Move(Samples now)
    {
        Forget(now.Time);
        var earlier = (_readings.FirstOrDefault(), _readings.LastOrDefault());
        _readings.Add(now);
        return earlier;
    }

    /// <summary>Keeps one read that is older than the window, unless it is too old or from before a clock was set back.</summary>
    private void Forget(DateTimeOffset now)
    {
        while (_readings.Count > 1 && now - _readings[1].Time >= Window) _readings.RemoveAt(0);
        _readings.RemoveAll(reading => now - reading.Time >= Memory || reading.Time >= now);
    }
}

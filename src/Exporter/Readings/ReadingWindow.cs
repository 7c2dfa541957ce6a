namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>The reads of about the last ten seconds, for computing rates. Not thread-safe.</summary>
internal sealed class ReadingWindow
{
    /// <summary>The age beyond which a read is too old for current rates.</summary>
    internal static readonly TimeSpan Memory = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly List<Samples> _readings = [];

    /// <returns>The first and the last read of the window before this one, for comparison; null without one.</returns>
    internal (Samples? First, Samples? Last) Move(Samples now)
    {
        Forget(now.Time);
        var earlier = (_readings.FirstOrDefault(), _readings.LastOrDefault());
        _readings.Add(now);
        return earlier;
    }

    /// <summary>Keeps one read that is older than the window, unless it is too old or is from before a backward clock step.</summary>
    private void Forget(DateTimeOffset now)
    {
        while (_readings.Count > 1 && now - _readings[1].Time >= Window) _readings.RemoveAt(0);
        _readings.RemoveAll(reading => now - reading.Time >= Memory || reading.Time >= now);
    }
}

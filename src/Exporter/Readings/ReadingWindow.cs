namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>The readings of about the last ten seconds, between which rates are worked out. Not thread-safe.</summary>
internal sealed class ReadingWindow
{
    /// <summary>A reading of longer ago tells nothing of now.</summary>
    internal static readonly TimeSpan Memory = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly List<Samples> _readings = [];

    /// <summary>Takes in a new reading.</summary>
    /// <returns>The earlier ones to compare it with: the first of the window and the last; null if there is none.</returns>
    internal (Samples? First, Samples? Last) Move(Samples now)
    {
        Forget(now.Time);
        var earlier = (_readings.FirstOrDefault(), _readings.LastOrDefault());
        _readings.Add(now);
        return earlier;
    }

    /// <summary>Keeps one reading that is older than the window, if it is not too old; none from before a clock was set back.</summary>
    private void Forget(DateTimeOffset now)
    {
        while (_readings.Count > 1 && now - _readings[1].Time >= Window) _readings.RemoveAt(0);
        _readings.RemoveAll(reading => now - reading.Time >= Memory || reading.Time >= now);
    }
}

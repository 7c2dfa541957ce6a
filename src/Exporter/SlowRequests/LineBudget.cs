namespace GunicornPrometheusExporter.Exporter.SlowRequests;

/// <summary>Limits the log lines of a minute, and counts those that are dropped. Not thread-safe.</summary>
internal sealed class LineBudget
{
    private const int MostPerWindow = 100;

    // In seconds.
    private const double Window = 60;

    private double _start = double.NegativeInfinity;
    private int _lines;

    /// <summary>Whether a line may be written.</summary>
    internal bool TrySpend(double now)
    {
        if (now - _start >= Window && _lines <= MostPerWindow) (_start, _lines) = (now, 0);
        return ++_lines <= MostPerWindow;
    }

    /// <summary>The number of dropped lines of a window that is over; 0 while it lasts.</summary>
    internal int TakeDropped(double now)
    {
        if (now - _start < Window || _lines <= MostPerWindow) return 0;
        var dropped = _lines - MostPerWindow;
        _lines = 0;
        return dropped;
    }
}

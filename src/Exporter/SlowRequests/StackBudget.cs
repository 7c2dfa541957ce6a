namespace GunicornPrometheusExporter.Exporter.SlowRequests;

/// <summary>Limits the stacks that a worker gives for slow requests. Not thread-safe.</summary>
internal sealed class StackBudget
{
    private const int MostPerWindow = 10;

    // In seconds.
    private const double Window = 60;

    private readonly Queue<double> _taken = [];

    /// <summary>Whether no stack is left for a while, so that a request is reported without one.</summary>
    internal bool IsSpent(double now)
    {
        while (_taken.TryPeek(out var first) && now - first >= Window) _taken.Dequeue();
        return _taken.Count >= MostPerWindow;
    }

    internal bool IsUnused(double now) => !IsSpent(now) && _taken.Count == 0;

    internal void Spend(double now) => _taken.Enqueue(now);
}

namespace GunicornPrometheusExporter.Workers;

/// <remarks>What other processes must know to take a stack of this worker, or to tell when its master gives it up.</remarks>
internal sealed partial class PrometheusWorker
{
    /// <summary>Whether the configuration lets other processes take stacks.</summary>
    internal bool TakesStacks { get; init; }

    /// <summary>Sets the signal whose handler writes a stack; 0 if there is none any more.</summary>
    public void SetStackSignal(int signal) => _flight.SetStackSignal(signal);

    /// <summary>Sets Gunicorn's setting <c>timeout</c>, in seconds; 0 if it is off. Call it before the first request.</summary>
    public void SetTimeout(double seconds)
    {
        _flight.SetTimeout(seconds);
        _routes.Timeout = seconds;
    }
}

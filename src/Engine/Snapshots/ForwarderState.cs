namespace GunicornPrometheusExporter.Snapshots;

internal enum ForwarderState
{
    /// <summary>It was not started yet, or was stopped.</summary>
    Stopped,

    /// <summary>It forwards, and the last attempt succeeded.</summary>
    Running,

    /// <summary>It forwards, but the last attempt failed; it retries.</summary>
    Failing,
}

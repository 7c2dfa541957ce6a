namespace GunicornPrometheusExporter.Forwarding.RemoteWrite;

/// <summary>What becomes of a request.</summary>
internal enum WriteOutcome
{
    /// <summary>It was written.</summary>
    Written,

    /// <summary>It was refused, and would be again.</summary>
    Refused,

    /// <summary>The receiver does not understand version 2.0: nothing of it was written.</summary>
    NotUnderstood,
}

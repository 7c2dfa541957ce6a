namespace GunicornPrometheusExporter.Forwarding.RemoteWrite;

/// <summary>The outcome of a request.</summary>
internal enum WriteOutcome
{
    /// <summary>It was written.</summary>
    Written,

    /// <summary>The receiver rejected it, and would reject it again.</summary>
    Refused,

    /// <summary>The receiver does not support version 2.0 and wrote nothing.</summary>
    NotUnderstood,
}

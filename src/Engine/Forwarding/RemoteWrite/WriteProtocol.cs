namespace GunicornPrometheusExporter.Forwarding.RemoteWrite;

/// <summary>A version of remote write; buffered snapshots contain the number.</summary>
internal enum WriteProtocol
{
    /// <summary>2.0, or 1.0 if the receiver does not support it.</summary>
    Unspecified = 0,

    V1 = 1,

    V2 = 2,
}

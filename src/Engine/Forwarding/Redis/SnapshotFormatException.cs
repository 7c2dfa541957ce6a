namespace GunicornPrometheusExporter.Forwarding.Redis;

/// <summary>Bytes that <see cref="SnapshotCodec"/> did not write. None of them are used.</summary>
public sealed class SnapshotFormatException : Exception
{
    /// <summary>An exception that says in a few words what is wrong.</summary>
    public SnapshotFormatException(string message) : base(message) { }
}

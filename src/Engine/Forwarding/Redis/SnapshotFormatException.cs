namespace GunicornPrometheusExporter.Forwarding.Redis;

/// <summary>Bytes that <see cref="SnapshotCodec"/> did not write. None of them are used.</summary>
public sealed class SnapshotFormatException : Exception
{
    /// <summary>An exception without a message.</summary>
    public SnapshotFormatException() { }

    /// <summary>An exception that says in a few words what is wrong.</summary>
    public SnapshotFormatException(string message) : base(message) { }

    /// <summary>An exception with a message and its cause.</summary>
    public SnapshotFormatException(string message, Exception innerException) : base(message, innerException) { }
}

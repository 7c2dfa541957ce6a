namespace GunicornPrometheusExporter.Forwarding.Redis;

/// <summary>Bytes that <see cref="SnapshotCodec"/> did not write. Nothing of them is used.</summary>
public sealed class SnapshotFormatException : Exception
{
    /// <summary>An exception without a message.</summary>
    public SnapshotFormatException() { }

    /// <summary>Says what is wrong, in a few words.</summary>
    public SnapshotFormatException(string message) : base(message) { }

    /// <summary>An exception with a message and its cause.</summary>
    public SnapshotFormatException(string message, Exception innerException) : base(message, innerException) { }
}

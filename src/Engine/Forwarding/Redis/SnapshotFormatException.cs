namespace GunicornPrometheusExporter.Forwarding.Redis;

/// <summary>Bytes that <see cref="SnapshotCodec"/> did not write. Nothing of them is used.</summary>
internal sealed class SnapshotFormatException : Exception
{
    /// <summary>Says what is wrong, in a few words.</summary>
    public SnapshotFormatException(string message) : base(message) { }
}

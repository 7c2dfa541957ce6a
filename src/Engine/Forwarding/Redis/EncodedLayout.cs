namespace GunicornPrometheusExporter.Forwarding.Redis;

/// <summary>An encoded layout.</summary>
/// <param name="Id">The hash of the content, 32 hexadecimal digits; equal for hosts with the same series.</param>
/// <param name="Bytes">The input of <see cref="SnapshotCodec.DecodeLayout"/>.</param>
internal sealed record EncodedLayout(string Id, byte[] Bytes);

namespace GunicornPrometheusExporter.Forwarding.Redis;

/// <summary>An encoded layout.</summary>
/// <param name="Id">The hash of its content, 32 hexadecimal digits: the same for hosts that have the same series.</param>
/// <param name="Bytes">What <see cref="SnapshotCodec.DecodeLayout"/> reads.</param>
internal sealed record EncodedLayout(string Id, byte[] Bytes);

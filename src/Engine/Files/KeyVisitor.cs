namespace GunicornPrometheusExporter.Files;

/// <summary>Receives the key of an entry, valid during the call only.</summary>
internal delegate void KeyVisitor(ReadOnlySpan<byte> key);

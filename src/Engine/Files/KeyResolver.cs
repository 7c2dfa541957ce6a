namespace GunicornPrometheusExporter.Files;

/// <summary>Says what a reader is to remember of a key.</summary>
/// <param name="head">The bytes of an entry up to its value; valid during the call only.</param>
/// <param name="keyLength">The length of the key, without padding.</param>
/// <returns>A number from 0 on; negative if the key is none that the format allows.</returns>
internal delegate int KeyResolver(ReadOnlySpan<byte> head, int keyLength);

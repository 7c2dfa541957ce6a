namespace GunicornPrometheusExporter.Fleet;

/// <summary>The samples of one host in a family.</summary>
/// <param name="Host">The index of the host.</param>
/// <param name="Start">The index of the first sample in the host's values.</param>
/// <param name="Lines">The lines of the samples; null for a sample without a line.</param>
internal readonly record struct HostBlock(int Host, int Start, ReadOnlyMemory<HostLine?> Lines);

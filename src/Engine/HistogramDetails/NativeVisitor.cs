namespace GunicornPrometheusExporter.HistogramDetails;

/// <summary>Takes a native histogram of a file.</summary>
/// <param name="sum">Where its sum lies in the file with the classic histograms.</param>
/// <param name="schema">Its schema.</param>
/// <param name="zeroCount">Observations that count as zero.</param>
/// <param name="buckets">The count of each bucket of the schema; valid during the call.</param>
internal delegate void NativeVisitor(int sum, int schema, ulong zeroCount, ReadOnlySpan<ulong> buckets);

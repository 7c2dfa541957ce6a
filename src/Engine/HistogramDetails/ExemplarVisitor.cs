namespace GunicornPrometheusExporter.HistogramDetails;

/// <summary>Takes an exemplar of a file.</summary>
/// <param name="bucket">Where its bucket lies in the file with the histograms.</param>
/// <param name="exemplar">The exemplar.</param>
internal delegate void ExemplarVisitor(int bucket, in Exemplar exemplar);

using GunicornPrometheusExporter.Exposition;

namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>The format of a response.</summary>
/// <param name="Format">The format.</param>
/// <param name="Escaping">How it escapes names.</param>
/// <param name="ContentType">The value of the header that reports both.</param>
internal readonly record struct NegotiatedFormat(ExpositionFormat Format, NameEscaping Escaping, string ContentType);

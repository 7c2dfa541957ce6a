using GunicornPrometheusExporter.Exposition;
using Microsoft.Net.Http.Headers;

namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>Selects format and encoding for a client. No other type knows content types.</summary>
/// <remarks>A client that accepts none of the formats gets the uncompressed text format.</remarks>
internal static class ContentNegotiation
{
    internal const string Gzip = "gzip";

    private const string Identity = "identity";

    // The first one wins among equally preferred ones.
    private static readonly (ExpositionFormat Format, MediaTypeHeaderValue Type)[] Offers =
    [
        (ExpositionFormat.Text, MediaTypeHeaderValue.Parse("text/plain; version=0.0.4; charset=utf-8")),
        (ExpositionFormat.OpenMetrics, MediaTypeHeaderValue.Parse("application/openmetrics-text; version=1.0.0; charset=utf-8")),
        (ExpositionFormat.Protobuf, MediaTypeHeaderValue.Parse(
            "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited")),
    ];

    internal static string ContentTypeOf(ExpositionFormat format) =>
        Offers.First(offer => offer.Format == format).Type.ToString();

    internal static ExpositionFormat FormatOf(IList<MediaTypeHeaderValue> accept)
    {
        var best = (Format: ExpositionFormat.Text, Quality: 0.0, Place: 0);
        foreach (var (format, type) in Offers)
        {
            // The most specific matching range applies.
            var (range, place) = accept
                .Select((range, place) => (range, place))
                .Where(entry => Covers(entry.range, type))
                .OrderByDescending(entry => Precision(entry.range))
                .FirstOrDefault();
            if (range is null) continue;
            var quality = range.Quality ?? 1;
            if (quality > best.Quality || (quality == best.Quality && quality > 0 && place < best.Place)) best = (format, quality, place);
        }
        return best.Format;
    }

    internal static bool IsGzipWanted(IList<StringWithQualityHeaderValue> accept)
    {
        var gzip = QualityOf(accept, Gzip) ?? QualityOf(accept, "*") ?? 0;
        return gzip > 0 && gzip >= (QualityOf(accept, Identity) ?? 0);
    }

    /// <summary>Whether a range includes a type; parameters that the type lacks, such as Prometheus sends, are ignored.</summary>
    private static bool Covers(MediaTypeHeaderValue range, MediaTypeHeaderValue type) =>
        range.MatchesMediaType(type.MediaType)
        && type.Parameters.All(own => range.Parameters
            .Where(asked => asked.Name.Equals(own.Name, StringComparison.OrdinalIgnoreCase))
            .All(asked => HeaderUtilities.RemoveQuotes(asked.Value).Equals(own.Value, StringComparison.OrdinalIgnoreCase)));

    private static int Precision(MediaTypeHeaderValue range) =>
        range.MatchesAllTypes ? 0 : range.MatchesAllSubTypes ? 1 : 2 + range.Parameters.Count;

    private static double? QualityOf(IList<StringWithQualityHeaderValue> accept, string encoding) =>
        accept.FirstOrDefault(entry => entry.Value.Equals(encoding, StringComparison.OrdinalIgnoreCase)) is { } entry
            ? entry.Quality ?? 1
            : null;
}

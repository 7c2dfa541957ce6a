using GunicornPrometheusExporter.Exposition;
using Microsoft.Net.Http.Headers;

namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>Selects format and encoding for a client. No other type knows content types.</summary>
/// <remarks>A client that accepts none of the formats gets the uncompressed text format.</remarks>
internal static class ContentNegotiation
{
    internal const string Gzip = "gzip";

    private const string Identity = "identity";

    private const string EscapingParameter = "escaping";

    // The first one wins among equally preferred ones.
    private static readonly Offer[] Offers =
    [
        new(ExpositionFormat.Text, "text/plain; version=0.0.4; charset=utf-8", IsLegacy: true),
        new(ExpositionFormat.Text, "text/plain; version=1.0.0; charset=utf-8"),
        new(ExpositionFormat.OpenMetrics, "application/openmetrics-text; version=1.0.0; charset=utf-8"),
        new(ExpositionFormat.Protobuf, "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"),
    ];

    internal static NegotiatedFormat FormatOf(IList<MediaTypeHeaderValue> accept, bool isTextOnly = false)
    {
        var best = (Offer: Offers[0], Range: default(MediaTypeHeaderValue), Quality: 0.0, Place: 0);
        foreach (var offer in Offers)
        {
            if (isTextOnly && offer.Format != ExpositionFormat.Text) continue;
            // The most specific matching range applies.
            var (range, place) = accept
                .Select((range, place) => (range, place))
                .Where(entry => Covers(entry.range, offer.Type))
                .OrderByDescending(entry => Precision(entry.range))
                .FirstOrDefault();
            if (range is null) continue;
            var quality = range.Quality ?? 1;
            if (quality > best.Quality || (quality == best.Quality && quality > 0 && place < best.Place))
            {
                best = (offer, range, quality, place);
            }
        }
        var type = best.Offer.Type.ToString();
        if (best.Offer.IsLegacy) return new(best.Offer.Format, NameEscaping.Underscores, type);
        var escaping = EscapingOf(best.Range!);
        // Prometheus sends the parameter with the text formats only, but reads the same names in each format.
        if (best.Offer.Format == ExpositionFormat.Protobuf) escaping ??= accept.Select(EscapingOf).FirstOrDefault(one => one is not null);
        var chosen = escaping ?? NameEscaping.Underscores;
        return new(best.Offer.Format, chosen, $"{type}; {EscapingParameter}={WordOf(chosen)}");
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

    private static NameEscaping? EscapingOf(MediaTypeHeaderValue range)
    {
        var asked = range.Parameters.FirstOrDefault(
            parameter => parameter.Name.Equals(EscapingParameter, StringComparison.OrdinalIgnoreCase));
        if (asked is null) return null;
        var word = HeaderUtilities.RemoveQuotes(asked.Value);
        return Enum.GetValues<NameEscaping>().Cast<NameEscaping?>().FirstOrDefault(escaping => word == WordOf(escaping!.Value));
    }

    private static string WordOf(NameEscaping escaping) => escaping switch
    {
        NameEscaping.Dots => "dots",
        NameEscaping.Values => "values",
        NameEscaping.AllowUtf8 => "allow-utf-8",
        _ => "underscores",
    };

    private static int Precision(MediaTypeHeaderValue range) =>
        range.MatchesAllTypes ? 0 : range.MatchesAllSubTypes ? 1 : 2 + range.Parameters.Count;

    private static double? QualityOf(IList<StringWithQualityHeaderValue> accept, string encoding) =>
        accept.FirstOrDefault(entry => entry.Value.Equals(encoding, StringComparison.OrdinalIgnoreCase)) is { } entry
            ? entry.Quality ?? 1
            : null;

    /// <param name="IsLegacy">Whether it has no quotes around names, and no parameter for escaping.</param>
    private sealed record Offer(ExpositionFormat Format, MediaTypeHeaderValue Type, bool IsLegacy = false)
    {
        internal Offer(ExpositionFormat format, string type, bool IsLegacy = false)
            : this(format, MediaTypeHeaderValue.Parse(type), IsLegacy) { }
    }
}

/// <summary>The format of a response.</summary>
/// <param name="ContentType">The value of the header that reports format and escaping.</param>
internal readonly record struct NegotiatedFormat(ExpositionFormat Format, NameEscaping Escaping, string ContentType);

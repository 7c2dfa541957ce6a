using GunicornPrometheusExporter.Exposition;
using Microsoft.Extensions.Primitives;

namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>The request of a client; clients with equal requests share a response.</summary>
/// <param name="Format">The format.</param>
/// <param name="IsCompressed">Whether by gzip.</param>
/// <param name="Names">The selected families and samples; all, if empty.</param>
internal readonly record struct ScrapeRequest(ExpositionFormat Format, bool IsCompressed = false, StringValues Names = default)
{
    private const string NamesParameter = "name[]";

    /// <summary>Whether all families are selected.</summary>
    internal bool IsWhole => Names.Count == 0;

    /// <summary>The selected families and samples; null for all.</summary>
    internal IReadOnlySet<string>? NameSet => IsWhole ? null : new HashSet<string>(Names!);

    /// <summary>Reads the headers and the query of a request.</summary>
    internal static ScrapeRequest Of(HttpRequest request)
    {
        var headers = request.GetTypedHeaders();
        return new(
            ContentNegotiation.FormatOf(headers.Accept),
            ContentNegotiation.IsGzipWanted(headers.AcceptEncoding),
            request.Query[NamesParameter]);
    }
}

using GunicornPrometheusExporter.Exposition;
using Microsoft.Extensions.Primitives;

namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>What a client asks for; clients that ask for the same share an answer.</summary>
/// <param name="Format">The format.</param>
/// <param name="IsCompressed">Whether by gzip.</param>
/// <param name="Names">The families and samples that are wanted; all, if there are none.</param>
internal readonly record struct ScrapeRequest(ExpositionFormat Format, bool IsCompressed = false, StringValues Names = default)
{
    private const string NamesParameter = "name[]";

    /// <summary>Whether all families are wanted.</summary>
    internal bool IsWhole => Names.Count == 0;

    /// <summary>The families and samples that are wanted; null for all.</summary>
    internal IReadOnlySet<string>? NameSet => IsWhole ? null : new HashSet<string>(Names!);

    /// <summary>What the headers and the query of a request ask for.</summary>
    internal static ScrapeRequest Of(HttpRequest request)
    {
        var headers = request.GetTypedHeaders();
        return new(
            ContentNegotiation.FormatOf(headers.Accept),
            ContentNegotiation.IsGzipWanted(headers.AcceptEncoding),
            request.Query[NamesParameter]);
    }
}

using GunicornPrometheusExporter.Exposition;
using Microsoft.Extensions.Primitives;

namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>The request of a client; clients with equal requests share a response.</summary>
internal readonly record struct ScrapeRequest(ExpositionFormat Format, bool IsCompressed = false, StringValues Names = default)
{
    private const string NamesParameter = "name[]";

    internal bool IsWhole => Names.Count == 0;

    internal IReadOnlySet<string>? NameSet => IsWhole ? null : new HashSet<string>(Names!);

    internal static ScrapeRequest Of(HttpRequest request)
    {
        var headers = request.GetTypedHeaders();
        return new(
            ContentNegotiation.FormatOf(headers.Accept),
            ContentNegotiation.IsGzipWanted(headers.AcceptEncoding),
            request.Query[NamesParameter]);
    }
}

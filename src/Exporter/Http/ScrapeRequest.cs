using Microsoft.Extensions.Primitives;

namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>The request of a client; clients with equal requests share a response.</summary>
internal readonly record struct ScrapeRequest(NegotiatedFormat Format, bool IsCompressed = false, StringValues Names = default)
{
    private const string NamesParameter = "name[]";

    internal bool IsWhole => Names.Count == 0;

    internal IReadOnlySet<string>? NameSet => IsWhole ? null : new HashSet<string>(Names!);

    /// <param name="isTextOnly">Whether it can be answered in the text formats only.</param>
    internal static ScrapeRequest Of(HttpRequest request, bool isTextOnly)
    {
        var headers = request.GetTypedHeaders();
        return new(
            ContentNegotiation.FormatOf(headers.Accept, isTextOnly),
            ContentNegotiation.IsGzipWanted(headers.AcceptEncoding),
            request.Query[NamesParameter]);
    }
}

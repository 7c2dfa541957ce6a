using GunicornPrometheusExporter.Exposition;
using Microsoft.Net.Http.Headers;

namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>Answers <c>/metrics</c>.</summary>
internal sealed class MetricsEndpoint(SharedScrape scrapes, bool isTextOnly)
{
    private const int ChunkSize = 64 << 10;

    internal async Task AnswerAsync(HttpContext context)
    {
        var request = ScrapeRequest.Of(context.Request);
        if (isTextOnly) request = request with { Format = ExpositionFormat.Text };
        using var answer = await scrapes.JoinAsync(request);
        var body = answer.Body;
        context.Response.ContentType = ContentNegotiation.ContentTypeOf(request.Format);
        context.Response.ContentLength = body.Length;
        context.Response.Headers.Vary = $"{HeaderNames.Accept}, {HeaderNames.AcceptEncoding}";
        if (request.IsCompressed) context.Response.Headers.ContentEncoding = ContentNegotiation.Gzip;
        if (HttpMethods.IsHead(context.Request.Method)) return;
        // In chunks, so that a large answer waits for its reader instead of filling the server's own buffers.
        for (var start = 0; start < body.Length; start += ChunkSize)
        {
            var chunk = body.Slice(start, Math.Min(ChunkSize, body.Length - start));
            await context.Response.BodyWriter.WriteAsync(chunk, context.RequestAborted);
        }
    }
}

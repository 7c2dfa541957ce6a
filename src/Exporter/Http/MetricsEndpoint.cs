namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>Answers <c>/metrics</c>.</summary>
internal sealed class MetricsEndpoint(SharedScrape scrapes)
{
    private const string ContentType = "text/plain; version=0.0.4; charset=utf-8";
    private const int ChunkSize = 64 << 10;

    internal async Task AnswerAsync(HttpContext context)
    {
        using var pass = await scrapes.JoinAsync();
        var text = pass.Text;
        context.Response.ContentType = ContentType;
        context.Response.ContentLength = text.Length;
        if (HttpMethods.IsHead(context.Request.Method)) return;
        // In chunks, so that a large answer waits for its reader instead of filling the server's own buffers.
        for (var start = 0; start < text.Length; start += ChunkSize)
        {
            var chunk = text.Slice(start, Math.Min(ChunkSize, text.Length - start));
            await context.Response.BodyWriter.WriteAsync(chunk, context.RequestAborted);
        }
    }
}

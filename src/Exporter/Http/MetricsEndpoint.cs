using Microsoft.Net.Http.Headers;

namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>Serves <c>/metrics</c>.</summary>
internal sealed class MetricsEndpoint(SharedScrape scrapes, bool isTextOnly)
{
    private const string RetryAfter = "1";

    internal async Task AnswerAsync(HttpContext context)
    {
        var request = ScrapeRequest.Of(context.Request, isTextOnly);
        try
        {
            using var answer = await scrapes.JoinAsync(request, context.RequestAborted);
            await (answer is null ? RefuseAsync(context) : SendAsync(context, answer));
        }
        catch (OperationCanceledException)
        {
            // The client disconnected, or was disconnected in favour of others.
            context.Abort();
        }
    }

    private static async Task SendAsync(HttpContext context, ScrapeAnswer answer)
    {
        var headers = context.Response.Headers;
        headers.ContentType = answer.Request.Format.ContentType;
        headers.ContentLength = answer.Length;
        headers.Vary = $"{HeaderNames.Accept}, {HeaderNames.AcceptEncoding}";
        if (answer.Request.IsCompressed) headers.ContentEncoding = ContentNegotiation.Gzip;
        if (HttpMethods.IsHead(context.Request.Method)) return;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, answer.Evicted);
        // In chunks, so that a large response waits for its reader instead of filling the server's own buffers.
        foreach (var chunk in answer.Body) await context.Response.BodyWriter.WriteAsync(chunk, end.Token);
    }

    private static Task RefuseAsync(HttpContext context)
    {
        context.Response.Headers.RetryAfter = RetryAfter;
        return context.AnswerAsync(
            StatusCodes.Status503ServiceUnavailable, "too many concurrent requests with different name[] parameters; retry in a second");
    }
}

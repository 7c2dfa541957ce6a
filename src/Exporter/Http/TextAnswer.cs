namespace GunicornPrometheusExporter.Exporter.Http;

internal static class TextAnswer
{
    internal static Task AnswerAsync(this HttpContext context, int status, string line)
    {
        var text = Encoding.UTF8.GetBytes(line + "\n");
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.ContentLength = text.Length;
        return context.Response.Body.WriteAsync(text).AsTask();
    }
}

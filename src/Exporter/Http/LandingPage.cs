namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>Answers <c>/</c> without a status page, as in a hub.</summary>
internal static class LandingPage
{
    private const string Html = """
        <!doctype html>
        <html lang="en">
        <head><meta charset="utf-8"><title>Gunicorn Prometheus Exporter</title></head>
        <body>
        <h1>Gunicorn Prometheus Exporter</h1>
        <ul>
        <li><a href="/metrics">Metrics</a></li>
        <li><a href="/-/healthy">Healthy</a></li>
        <li><a href="/-/ready">Ready</a></li>
        </ul>
        </body>
        </html>

        """;

    internal static Task AnswerAsync(HttpContext context)
    {
        context.Response.ContentType = "text/html; charset=utf-8";
        return context.Response.WriteAsync(Html);
    }
}

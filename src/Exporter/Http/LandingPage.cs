namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>Answers <c>/</c> without a status page, as in a hub.</summary>
/// <param name="path">The path of the metrics.</param>
internal sealed class LandingPage(string path)
{
    // Relative to the page, which a proxy may serve under a path of its own.
    private readonly string _html = $"""
        <!doctype html>
        <html lang="en">
        <head><meta charset="utf-8"><title>Gunicorn Prometheus Exporter</title></head>
        <body>
        <h1>Gunicorn Prometheus Exporter</h1>
        <ul>
        <li><a href="{path[1..]}">Metrics</a></li>
        <li><a href="-/healthy">Healthy</a></li>
        <li><a href="-/ready">Ready</a></li>
        <li><a href="incidents.json">Incidents</a></li>
        </ul>
        </body>
        </html>

        """;

    internal Task AnswerAsync(HttpContext context)
    {
        context.Response.ContentType = "text/html; charset=utf-8";
        return context.Response.WriteAsync(_html);
    }
}

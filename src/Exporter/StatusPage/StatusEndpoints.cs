using GunicornPrometheusExporter.Exporter.Control;
using GunicornPrometheusExporter.Exporter.Readings;
using GunicornPrometheusExporter.Forwarding;
using GunicornPrometheusExporter.Incidents;

namespace GunicornPrometheusExporter.Exporter.StatusPage;

/// <summary>
/// Serves <c>/</c>, its style and script, the runbooks, the workers' requests in flight, native histograms, the incidents, and the
/// forwarders.
/// </summary>
internal sealed class StatusEndpoints(ServerPages pages, ForwarderManager forwarders)
{
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        + "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    private static readonly string Style = Read("status.css");
    private static readonly string Script = Read("status.js");
    private static readonly string RunbookPage = Runbooks.Write(Read("alerts.md"));

    internal void Map(WebApplication server, IEnumerable<string> methods)
    {
        server.MapMethods("/", methods, context =>
            AnswerAsync(context, "text/html", StatusDocument.Write(pages.Look(PageQuery.Of(context.Request.Query))), "no-store"));
        server.MapMethods($"/{OldestRequestJson.Path}", methods, context =>
            AnswerAsync(context, "application/json", OldestRequestJson.Write(pages.Watch.Look().Workers), "no-store"));
        server.MapMethods($"/{LatencyText.Path}", methods, context =>
            AnswerAsync(context, "text/plain", LatencyText.Write(pages.Watch.Look().Now), "no-store"));
        server.MapMethods($"/{IncidentJson.Path}", methods, context =>
            AnswerAsync(context, "application/json", IncidentJson.WriteAll(pages.Watch.Look().Incidents), "no-store"));
        server.MapMethods($"/{ForwarderReport.Path}", methods, context =>
            AnswerAsync(context, "application/json", ForwarderReport.WriteAll(forwarders.Statuses), "no-store"));
        server.MapMethods("/status.css", methods, static context => AnswerAsync(context, "text/css", Style, "no-cache"));
        server.MapMethods("/status.js", methods, static context => AnswerAsync(context, "text/javascript", Script, "no-cache"));
        server.MapMethods($"/{Runbooks.Path}", methods, static context => AnswerAsync(context, "text/html", RunbookPage, "no-cache"));
    }

    private static Task AnswerAsync(HttpContext context, string type, string text, string caching)
    {
        var headers = context.Response.Headers;
        headers.ContentType = type + "; charset=utf-8";
        headers.CacheControl = caching;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        return context.Response.WriteAsync(text);
    }

    private static string Read(string name)
    {
        using var text = new StreamReader(typeof(StatusEndpoints).Assembly.GetManifestResourceStream(name)!);
        return text.ReadToEnd();
    }
}

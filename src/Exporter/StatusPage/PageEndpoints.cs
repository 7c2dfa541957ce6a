namespace GunicornPrometheusExporter.Exporter.StatusPage;

/// <summary>Serves <c>/</c>, its style and script, and the runbooks.</summary>
internal sealed class PageEndpoints(Func<PageQuery, Task<Page>> look)
{
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        + "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    private static readonly string Style = Read("status.css");
    private static readonly string Script = Read("status.js");
    private static readonly string RunbookPage = Runbooks.Write(Read("alerts.md"));

    internal void Map(WebApplication server, IEnumerable<string> methods)
    {
        server.MapMethods("/", methods, AnswerAsync);
        server.MapMethods("/status.css", methods, static context => AnswerAsync(context, "text/css", Style, "no-cache"));
        server.MapMethods("/status.js", methods, static context => AnswerAsync(context, "text/javascript", Script, "no-cache"));
        server.MapMethods($"/{Runbooks.Path}", methods, static context => AnswerAsync(context, "text/html", RunbookPage, "no-cache"));
    }

    internal static Task AnswerAsync(HttpContext context, string type, string text, string caching)
    {
        var headers = context.Response.Headers;
        headers.ContentType = type + "; charset=utf-8";
        headers.CacheControl = caching;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        return context.Response.WriteAsync(text);
    }

    private async Task AnswerAsync(HttpContext context) => await AnswerAsync(
        context, "text/html", StatusDocument.Write(await look(PageQuery.Of(context.Request.Query))), "no-store");

    private static string Read(string name)
    {
        using var text = new StreamReader(typeof(PageEndpoints).Assembly.GetManifestResourceStream(name)!);
        return text.ReadToEnd();
    }
}

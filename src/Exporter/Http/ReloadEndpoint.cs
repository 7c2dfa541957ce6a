namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>Answers <c>POST /-/reload</c>, if the configuration allows it.</summary>
internal sealed class ReloadEndpoint(ConfigurationInForce configuration)
{
    internal async Task AnswerAsync(HttpContext context)
    {
        if (!configuration.Config.WebEnableLifecycle)
        {
            await AnswerAsync(context, StatusCodes.Status403Forbidden, "reloading over HTTP is disabled; " +
                "start the exporter with --web.enable-lifecycle\n");
            return;
        }
        var errors = await configuration.ReloadAsync();
        var status = errors is null ? StatusCodes.Status200OK : StatusCodes.Status500InternalServerError;
        await AnswerAsync(context, status, errors is null ? "reloaded\n" : errors + "\n");
    }

    private static Task AnswerAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text);
    }
}

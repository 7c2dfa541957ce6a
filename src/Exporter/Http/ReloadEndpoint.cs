namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>Answers <c>POST /-/reload</c>, if the configuration allows it.</summary>
internal sealed class ReloadEndpoint(ConfigurationInForce configuration)
{
    internal async Task AnswerAsync(HttpContext context)
    {
        if (!configuration.Config.WebEnableLifecycle)
        {
            await context.AnswerAsync(
                StatusCodes.Status403Forbidden, "reloading over HTTP is disabled; start the exporter with --web.enable-lifecycle");
        }
        else if (await configuration.ReloadAsync() is { } errors)
        {
            await context.AnswerAsync(StatusCodes.Status500InternalServerError, errors);
        }
        else await context.AnswerAsync(StatusCodes.Status200OK, "reloaded");
    }
}

using GunicornPrometheusExporter.Forwarding;
using GunicornPrometheusExporter.Incidents;

namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>Answers with the newest incidents of all hosts of a hub.</summary>
internal sealed class HubIncidents(Func<Task<IEnumerable<Incident>>> read)
{
    internal async Task AnswerAsync(HttpContext context)
    {
        try
        {
            var text = IncidentJson.WriteAll(await read());
            context.Response.ContentType = "application/json; charset=utf-8";
            context.Response.Headers.CacheControl = "no-store";
            await context.Response.WriteAsync(text);
        }
        catch (ForwardingException e)
        {
            await context.AnswerAsync(StatusCodes.Status503ServiceUnavailable, e.Message);
        }
    }
}

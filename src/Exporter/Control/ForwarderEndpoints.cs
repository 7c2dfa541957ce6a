using System.Text.Json;

namespace GunicornPrometheusExporter.Exporter.Control;

/// <summary>Answers <c>/forwarders</c>: lists, adds, starts and stops forwarders.</summary>
internal sealed class ForwarderEndpoints(ConfiguredForwarders forwarders)
{
    internal void Map(WebApplication server)
    {
        server.MapGet("/forwarders", ReportAsync);
        server.MapPut("/forwarders/{name}", AddAsync);
        server.MapPost("/forwarders/{name}/start", context => DoAsync(context, forwarders.Manager.StartAsync));
        server.MapPost("/forwarders/{name}/stop", context => DoAsync(context, forwarders.Manager.StopAsync));
        server.MapPost("/forwarders/start", context => DoAsync(context, forwarders.Manager.StartAllAsync));
        server.MapPost("/forwarders/stop", context => DoAsync(context, forwarders.Manager.StopAllAsync));
    }

    private Task ReportAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        return context.Response.WriteAsync(ForwarderReport.WriteAll(forwarders.Manager.Statuses));
    }

    private Task AddAsync(HttpContext context) => DoAsync(context, async name =>
    {
        var request = await JsonSerializer.DeserializeAsync(
            context.Request.Body, ControlJson.Default.ForwarderRequest, context.RequestAborted);
        await forwarders.AddAsync(name, request!.Destination, request.Settings ?? []);
        return true;
    });

    /// <summary>Acts on the forwarder of the path; the action returns false if no forwarder has this name.</summary>
    private async Task DoAsync(HttpContext context, Func<string, Task<bool>> act)
    {
        var name = (string)context.Request.RouteValues["name"]!;
        try
        {
            if (await act(name)) context.Response.StatusCode = StatusCodes.Status204NoContent;
            else
            {
                var names = string.Join(", ", forwarders.Manager.Statuses.Keys.Order(StringComparer.Ordinal));
                await RefuseAsync(
                    context, StatusCodes.Status404NotFound,
                    $"no forwarder \"{name}\"; {(names.Length == 0 ? "no forwarders exist" : $"existing forwarders: {names}")}");
            }
        }
        catch (JsonException e)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, $"invalid request body: {e.Message}");
        }
        catch (ConfigurationException e)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, e.Message);
        }
    }

    private static async Task DoAsync(HttpContext context, Func<Task> act)
    {
        await act();
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static Task RefuseAsync(HttpContext context, int status, string error)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(new ErrorReport(error), ControlJson.Default.ErrorReport);
    }
}

/// <summary>A program's request for a forwarder.</summary>
/// <param name="Settings">Settings by variable name; they override the exporter's environment.</param>
internal sealed record ForwarderRequest(string Destination, Dictionary<string, string>? Settings = null);

/// <summary>Why a request was rejected.</summary>
internal sealed record ErrorReport(string Error);

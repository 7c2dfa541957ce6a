using GunicornPrometheusExporter.Exporter.Http;

namespace GunicornPrometheusExporter.Exporter.Profiles;

/// <summary>Serves the stacks and profiles of the workers, one request at a time, if the configuration allows it.</summary>
internal sealed class ProfilingEndpoints(string directory, ConfigurationInForce configuration)
{
    private const double LongestSeconds = 60;
    private const double DefaultSeconds = 10;

    // The graph has its own script and style; as a document of an origin of its own it can reach nothing else.
    private const string Policy =
        "connect-src 'none'; img-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox allow-scripts";

    private int _isBusy;

    internal void Map(WebApplication server)
    {
        server.MapGet("/debug/stacks", context => AnswerAsync(context, ShowStacks));
        server.MapGet("/debug/profile", context => AnswerAsync(context, ShowProfile));
    }

    private async Task AnswerAsync(HttpContext context, Func<IQueryCollection, CancellationToken, Shown> show)
    {
        if (!configuration.Config.WebEnableProfiling)
        {
            await context.AnswerAsync(
                StatusCodes.Status403Forbidden, "profiling over HTTP is disabled; start the exporter with --web.enable-profiling");
            return;
        }
        if (Interlocked.Exchange(ref _isBusy, 1) != 0)
        {
            context.Response.Headers.RetryAfter = $"{LongestSeconds}";
            await context.AnswerAsync(StatusCodes.Status503ServiceUnavailable, "another profile is running; retry when it has ended");
            return;
        }
        Shown shown;
        try
        {
            // It waits for the workers all the time, so it needs a thread of its own.
            shown = await Task.Factory.StartNew(
                () => show(context.Request.Query, context.RequestAborted), CancellationToken.None, TaskCreationOptions.LongRunning,
                TaskScheduler.Default);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            shown = new(StatusCodes.Status500InternalServerError, e.Message);
        }
        finally
        {
            Volatile.Write(ref _isBusy, 0);
        }
        if (shown.Error is { } error) await context.AnswerAsync(shown.Status, error);
        else await SendAsync(context, shown);
    }

    private static async Task SendAsync(HttpContext context, Shown shown)
    {
        var headers = context.Response.Headers;
        headers.ContentType = shown.MediaType;
        headers.ContentLength = shown.Body.Length;
        headers.CacheControl = "no-store";
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        await context.Response.Body.WriteAsync(shown.Body);
    }

    private Shown ShowStacks(IQueryCollection query, CancellationToken left)
    {
        var format = query["format"].FirstOrDefault() ?? "text";
        if (format is not ("text" or "json")) return Shown.Refused($"format is \"{format}\"; set it to text or json");
        try
        {
            var worker = query["worker"].FirstOrDefault();
            var workers = WorkerThreads.Take(directory, configuration.Config, worker, left);
            if (workers.Count == 0) return new(StatusCodes.Status404NotFound, $"{worker ?? "a worker"} is not running");
            return format == "json"
                ? new(ThreadsJson.MediaType, Encoding.UTF8.GetBytes(ThreadsJson.Write(workers)))
                : new("text/plain; charset=utf-8", Encoding.UTF8.GetBytes(ThreadsText.Write(workers)));
        }
        catch (OperationCanceledException)
        {
            return Shown.Refused("the client disconnected");
        }
    }

    private Shown ShowProfile(IQueryCollection query, CancellationToken left)
    {
        var name = query["format"].FirstOrDefault() ?? ProfileFormat.All[0].Name;
        if (ProfileFormat.Find(name) is not { } format)
        {
            return Shown.Refused($"format is \"{name}\"; set it to {string.Join(", ", ProfileFormat.All.Select(known => known.Name))}");
        }
        if (NumberOf(query, "seconds", DefaultSeconds, LongestSeconds) is not { } seconds)
        {
            return Shown.Refused($"seconds is \"{query["seconds"]}\"; set it to a number up to {LongestSeconds}");
        }
        if (NumberOf(query, "rate", ProfileRequest.HighestRate, ProfileRequest.HighestRate) is not { } rate)
        {
            return Shown.Refused($"rate is \"{query["rate"]}\"; set it to a number up to {ProfileRequest.HighestRate}");
        }
        var request = new ProfileRequest(seconds, rate, query["worker"].FirstOrDefault(), query["route"].FirstOrDefault());
        var (profile, count) = new Profiler(directory, configuration.Config).Run(request, left);
        return count.Taken == 0
            ? new(StatusCodes.Status404NotFound, count.WhyEmpty(request))
            : new(format.MediaType, format.Write(profile, count.Describe(profile.Duration, profile.Cost)));
    }

    private static double? NumberOf(IQueryCollection query, string name, double given, double highest) =>
        query[name].FirstOrDefault() is not { } text ? given
        : !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? null
        : number > 0 && number <= highest ? number : null;

    /// <summary>A response: a body, or a status and an error.</summary>
    private sealed record Shown(int Status, string? Error, string MediaType, byte[] Body)
    {
        internal Shown(int status, string error) : this(status, error, "", []) { }

        internal Shown(string mediaType, byte[] body) : this(StatusCodes.Status200OK, null, mediaType, body) { }

        internal static Shown Refused(string error) => new(StatusCodes.Status400BadRequest, error);
    }
}

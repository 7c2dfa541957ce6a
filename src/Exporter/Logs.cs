using GunicornPrometheusExporter.Exporter.Logging;

namespace GunicornPrometheusExporter.Exporter;

/// <summary>The log lines of the executable.</summary>
internal static partial class Logs
{
    // Unlike its other parts, Kestrel's TLS logs no part of a request, which could contain a password.
    private const string Handshakes = "Microsoft.AspNetCore.Server.Kestrel.Https";

    private static ILogger? Server;

    /// <param name="config">The configuration, with the level and the format.</param>
    /// <param name="gunicorn">The level of the Gunicorn that reads the lines, and reads them as JSON; null without one.</param>
    internal static ILoggerFactory CreateFactory(ExporterConfig config, string? gunicorn = null)
    {
        var isGiven = config.SourceOf(ConfigurationVariables.LogLevel) != SettingSource.Default;
        var level = LevelOf(isGiven ? config.LogLevel : gunicorn ?? config.LogLevel);
        var others = level < LogLevel.Warning ? LogLevel.Warning : level;
        return LoggerFactory.Create(logging => logging
            .SetMinimumLevel(level)
            .AddFilter("Microsoft", others)
            .AddFilter(Handshakes, level)
            // It would repeat the error with which the process exits, in many lines.
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None)
            .AddProvider(new LineProvider(gunicorn is not null || config.LogFormat == "json", TimeProvider.System)));
    }

    /// <summary>As <see cref="CreateFactory"/>, for a server: <see cref="Fail"/> writes to its log too.</summary>
    internal static ILoggerFactory CreateServerFactory(ExporterConfig config, string? gunicorn = null)
    {
        var loggers = CreateFactory(config, gunicorn);
        Server = loggers.CreateLogger("main");
        return loggers;
    }

    /// <summary>Reports why the process exits: in the log of a server, or as an error line. Needs no thread, unlike the console.</summary>
    internal static void Fail(string message)
    {
        if (Server is { } log) log.Failed(message);
        else LineProvider.TryWrite($"error: {message.ReplaceLineEndings("\nerror: ")}");
    }

    private static LogLevel LevelOf(string name) => name switch
    {
        "debug" => LogLevel.Debug,
        "warn" => LogLevel.Warning,
        "error" => LogLevel.Error,
        _ => LogLevel.Information,
    };

    [LoggerMessage(3012, LogLevel.Error, "{Reason}")]
    private static partial void Failed(this ILogger log, string reason);

    [LoggerMessage(3000, LogLevel.Information, "listening on {Scheme}://{Address}{Path}")]
    internal static partial void Serving(this ILogger log, string scheme, string address, string path);

    [LoggerMessage(3001, LogLevel.Warning,
        "{Address} is in use by another process; retrying in {Seconds} s; to use another port, set PROMETHEUS_METRICS_PORT")]
    internal static partial void AddressIsBusy(this ILogger log, string address, double seconds);

    [LoggerMessage(3002, LogLevel.Warning, "{Directory} does not exist yet; metrics appear when Gunicorn creates it")]
    internal static partial void StoreIsMissing(this ILogger log, string directory);

    [LoggerMessage(3003, LogLevel.Information, "Gunicorn master {ProcessId} exited; shutting down")]
    internal static partial void MasterIsGone(this ILogger log, int processId);

    [LoggerMessage(3009, LogLevel.Information,
        "SIGTERM received; shutting down when Gunicorn master {ProcessId} exits, or at the next SIGTERM")]
    internal static partial void EndsWithMaster(this ILogger log, int processId);

    [LoggerMessage(3004, LogLevel.Warning, "control socket or leader lock failed; serving metrics without forwarding or control: {Reason}")]
    internal static partial void NoControl(this ILogger log, string reason);

    [LoggerMessage(3005, LogLevel.Error, "forwarding to {Destination} not started: {Reason}")]
    internal static partial void NotForwarded(this ILogger log, string destination, string reason);

    [LoggerMessage(3006, LogLevel.Information, "reloaded {Path} and the files that it names")]
    internal static partial void WebConfigIsRead(this ILogger log, string path);

    [LoggerMessage(3007, LogLevel.Error, "reloading {Path} failed; keeping the previous configuration: {Reason}")]
    internal static partial void WebConfigStays(this ILogger log, string path, string reason);

    [LoggerMessage(3021, LogLevel.Information, "configuration reloaded")]
    internal static partial void ConfigurationReloaded(this ILogger log);

    [LoggerMessage(3022, LogLevel.Error, "configuration reload failed; keeping the previous one: {Error}")]
    internal static partial void ConfigurationRefused(this ILogger log, string error);

    [LoggerMessage(3023, LogLevel.Warning, "changed settings take effect {Time}: {Settings}")]
    internal static partial void ConfigurationWaits(this ILogger log, string settings, string time);

    [LoggerMessage(3008, LogLevel.Error, "{Work} failed unexpectedly, retrying: {Reason}")]
    internal static partial void BackgroundFault(this ILogger log, string work, string reason, string? stack);

    [LoggerMessage(3010, LogLevel.Information, "{Work} works again")]
    internal static partial void BackgroundRecovered(this ILogger log, string work);

    [LoggerMessage(3011, LogLevel.Error, "{Reason}")]
    internal static partial void StoreIsLost(this ILogger log, string reason);

    // Parameters that a message does not mention are fields of the line.
    [LoggerMessage(3030, LogLevel.Warning, "slow request")]
    internal static partial void SlowRequest(
        this ILogger log, string workerId, int pid, string method, string route, double ageSeconds, string traceId, string? stack);

    [LoggerMessage(3031, LogLevel.Warning, "event loop blocked")]
    internal static partial void LoopBlocked(this ILogger log, string workerId, int pid, double ageSeconds, string? stack);

    [LoggerMessage(3032, LogLevel.Warning, "{Count} slow requests or blocked event loops of the last minute were not logged")]
    internal static partial void SlowRequestsNotLogged(this ILogger log, int count);

    [LoggerMessage(3033, LogLevel.Information, "no stack could be taken; this reason is logged once: {Reason}")]
    internal static partial void StackNotTaken(this ILogger log, string workerId, int pid, string reason);

    [LoggerMessage(3020, LogLevel.Warning, "{Warning}")]
    internal static partial void ConfigurationWarning(this ILogger log, string warning);
}

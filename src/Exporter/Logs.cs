using Microsoft.Extensions.Logging.Console;

namespace GunicornPrometheusExporter.Exporter;

/// <summary>The log lines of the executable on standard error.</summary>
internal static partial class Logs
{
    internal static ILoggerFactory CreateFactory() => LoggerFactory.Create(logging => logging
        .SetMinimumLevel(LogLevel.Information)
        .AddFilter("Microsoft", LogLevel.Warning)
        // It would repeat the error with which the process exits, in many lines.
        .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None)
        .AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.ColorBehavior = LoggerColorBehavior.Disabled;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ssZ ";
        })
        .Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace));

    [LoggerMessage(3000, LogLevel.Information, "listening on {Scheme}://{Address}{Path}")]
    internal static partial void Serving(this ILogger log, string scheme, string address, string path);

    [LoggerMessage(3001, LogLevel.Warning, "{Address} is in use by another process; retrying in {Seconds} s")]
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

    [LoggerMessage(3008, LogLevel.Error, "{Work} failed unexpectedly, retrying: {Reason}{Stack}")]
    internal static partial void BackgroundFault(this ILogger log, string work, string reason, string? stack);

    [LoggerMessage(3010, LogLevel.Information, "{Work} works again")]
    internal static partial void BackgroundRecovered(this ILogger log, string work);

    [LoggerMessage(3011, LogLevel.Error, "{Reason}")]
    internal static partial void StoreIsLost(this ILogger log, string reason);

    [LoggerMessage(3020, LogLevel.Warning, "{Warning}")]
    internal static partial void ConfigurationWarning(this ILogger log, string warning);
}

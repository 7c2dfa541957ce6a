using System.Net;
using Microsoft.Extensions.Logging.Console;

namespace GunicornPrometheusExporter.Exporter;

/// <summary>The log lines of the executable on standard error.</summary>
internal static partial class Logs
{
    internal static ILoggerFactory CreateFactory() => LoggerFactory.Create(logging => logging
        .SetMinimumLevel(LogLevel.Information)
        .AddFilter("Microsoft", LogLevel.Warning)
        // It would repeat, in many lines, the one line with which the process exits.
        .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None)
        .AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.ColorBehavior = LoggerColorBehavior.Disabled;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ssZ ";
        })
        .Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace));

    [LoggerMessage(3000, LogLevel.Information, "metrics are served on {Scheme}://{Address}/metrics")]
    internal static partial void Serving(this ILogger log, string scheme, IPEndPoint address);

    [LoggerMessage(3001, LogLevel.Warning, "{Address} is in use by another process; trying again in {Seconds} s")]
    internal static partial void AddressIsBusy(this ILogger log, IPEndPoint address, double seconds);

    [LoggerMessage(3002, LogLevel.Warning, "{Directory} does not exist yet; metrics appear when Gunicorn makes it")]
    internal static partial void StoreIsMissing(this ILogger log, string directory);

    [LoggerMessage(3003, LogLevel.Information, "the master {ProcessId} has ended; ending with it")]
    internal static partial void MasterIsGone(this ILogger log, int processId);

    [LoggerMessage(3009, LogLevel.Information,
        "SIGTERM received; shutting down when Gunicorn master {ProcessId} exits, or at the next SIGTERM")]
    internal static partial void EndsWithMaster(this ILogger log, int processId);

    [LoggerMessage(3004, LogLevel.Warning, "Metrics are served, but forwarding is off or cannot be controlled: {Reason}")]
    internal static partial void NoControl(this ILogger log, string reason);

    [LoggerMessage(3005, LogLevel.Error, "Nothing is forwarded to {Destination}: {Reason}")]
    internal static partial void NotForwarded(this ILogger log, string destination, string reason);

    [LoggerMessage(3006, LogLevel.Information, "{Path} or a file that it names has changed; what it states now is in force")]
    internal static partial void WebConfigIsRead(this ILogger log, string path);

    [LoggerMessage(3007, LogLevel.Error, "{Path} or a file that it names has changed, but what was in force stays so: {Reason}")]
    internal static partial void WebConfigStays(this ILogger log, string path, string reason);

    [LoggerMessage(3021, LogLevel.Information, "The configuration was read anew and is in force")]
    internal static partial void ConfigurationReloaded(this ILogger log);

    [LoggerMessage(3022, LogLevel.Error, "The configuration was read anew and is refused, the one before stays in force: {Error}")]
    internal static partial void ConfigurationRefused(this ILogger log, string error);

    [LoggerMessage(3023, LogLevel.Warning, "{Settings} changed, which takes effect {Time}")]
    internal static partial void ConfigurationWaits(this ILogger log, string settings, string time);

    [LoggerMessage(3008, LogLevel.Error, "{Work} met a fault and will be tried again: {Reason}{Stack}")]
    internal static partial void BackgroundFault(this ILogger log, string work, string reason, string? stack);

    [LoggerMessage(3010, LogLevel.Information, "{Work} works again")]
    internal static partial void BackgroundRecovered(this ILogger log, string work);

    [LoggerMessage(3011, LogLevel.Error, "{Reason}")]
    internal static partial void StoreIsLost(this ILogger log, string reason);

    [LoggerMessage(3020, LogLevel.Warning, "{Warning}")]
    internal static partial void ConfigurationWarning(this ILogger log, string warning);
}

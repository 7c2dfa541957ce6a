using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Diagnostics;

/// <summary>Faults that a scrape finds, each logged once: events 1100 to 1199.</summary>
internal static partial class ScrapeLog
{
    [LoggerMessage(1100, LogLevel.Warning, "The store cannot be listed: {Reason}")]
    public static partial void StoreNotListed(ILogger logger, string reason);

    [LoggerMessage(1101, LogLevel.Warning, "A store file is set aside: {Reason}")]
    public static partial void FileQuarantined(ILogger logger, string reason);

    [LoggerMessage(1102, LogLevel.Warning, "Who holds the store's slots is not known, all count as free: {Reason}")]
    public static partial void SlotsNotRead(ILogger logger, string reason);

    [LoggerMessage(1103, LogLevel.Warning, "The {Type} {Family} is left out: another family exposes {Name}")]
    public static partial void FamilyLeftOut(ILogger logger, string type, string family, string name);

    [LoggerMessage(1104, LogLevel.Warning, "A sample of {Family} is left out: {Sample} with its labels is none that a {Type} has")]
    public static partial void SampleLeftOut(ILogger logger, string family, string sample, string type);

    [LoggerMessage(1105, LogLevel.Warning,
        "The store has more than {Maximum} series; those that come later are left out, first one of {Family}: " +
        "take labels away, or raise GUNICORN_EXPORTER_MAX_SERIES")]
    public static partial void SeriesDropped(ILogger logger, int maximum, string family);

    [LoggerMessage(1106, LogLevel.Error, "A part of the metrics cannot be added, the others are served: {Part} ({Type}: {Reason})")]
    public static partial void PartLeftOut(ILogger logger, string part, string type, string reason);
}

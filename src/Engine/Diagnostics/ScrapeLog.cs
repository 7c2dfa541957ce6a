using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Diagnostics;

/// <summary>Faults that a scrape finds, each logged once: events 1100 to 1199.</summary>
internal static partial class ScrapeLog
{
    [LoggerMessage(1100, LogLevel.Warning, "the store cannot be listed: {Reason}")]
    public static partial void StoreNotListed(ILogger logger, string reason);

    [LoggerMessage(1101, LogLevel.Warning, "skipping a store file: {Reason}")]
    public static partial void FileQuarantined(ILogger logger, string reason);

    [LoggerMessage(1102, LogLevel.Warning, "slot holders are unknown; treating every slot as free: {Reason}")]
    public static partial void SlotsNotRead(ILogger logger, string reason);

    [LoggerMessage(1103, LogLevel.Warning, "dropping {Type} {Family}: another family exposes {Name}")]
    public static partial void FamilyLeftOut(ILogger logger, string type, string family, string name);

    [LoggerMessage(1104, LogLevel.Warning, "ignoring sample {Sample} of {Family}: a {Type} has no such sample")]
    public static partial void SampleLeftOut(ILogger logger, string family, string sample, string type);

    [LoggerMessage(1105, LogLevel.Warning,
        "dropping series: the store has more than {Maximum}; the first one dropped belongs to {Family}; " +
        "remove labels, or raise GUNICORN_EXPORTER_MAX_SERIES")]
    public static partial void SeriesDropped(ILogger logger, int maximum, string family);

    [LoggerMessage(1106, LogLevel.Error, "serving without a part of the metrics: {Part} failed ({Type}: {Reason})")]
    public static partial void PartLeftOut(ILogger logger, string part, string type, string reason);

    [LoggerMessage(1107, LogLevel.Warning,
        "dropping samples of {Family}: others have the same names after escaping; let the client request escaping=allow-utf-8")]
    public static partial void SamplesLeftOut(ILogger logger, string family);
}

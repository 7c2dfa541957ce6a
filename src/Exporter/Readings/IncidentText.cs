using GunicornPrometheusExporter.Incidents;
using GunicornPrometheusExporter.Stacks;

namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>The values of an incident for people; texts from outside are shortened, but neither escaped nor printable yet.</summary>
internal static class IncidentText
{
    internal static string TimeOf(Incident incident) =>
        DateTimeOffset.UnixEpoch.AddSeconds(incident.Time).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>The host, where there are several, and the worker.</summary>
    internal static string WorkerOf(Incident incident) =>
        Show.Shortened(string.Join(' ', Known(incident.Instance, incident.WorkerId)));

    /// <summary>The cause, the signal and the class of the exception, as far as the incident has them.</summary>
    internal static string CauseOf(Incident incident) =>
        Show.Shortened(string.Join(' ', Known(incident.Cause, incident.Signal, incident.ErrorType)));

    internal static string RequestOf(Incident incident) =>
        Show.Shortened(string.Join(' ', Known(incident.Method, incident.Route, incident.Status?.ToString(CultureInfo.InvariantCulture))));

    internal static string AgeOf(Incident incident) => incident.AgeSeconds is { } age ? Show.Seconds(age) : "";

    internal static string FrameOf(StackFrame frame) => Show.Shortened($"{frame.File}:{frame.Line} {frame.Function}");

    private static IEnumerable<string> Known(params IEnumerable<string?> values) =>
        values.OfType<string>().Where(value => value.Length > 0);
}

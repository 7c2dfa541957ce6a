using GunicornPrometheusExporter.Incidents;

namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>Incidents as lines for a terminal, without control characters.</summary>
internal static class IncidentTable
{
    private static readonly string[] Titles = ["TIME (UTC)", "KIND", "WORKER", "CAUSE", "AGE", "REQUEST", "PYTHON CODE"];

    /// <summary>A line for each incident, its titles first.</summary>
    internal static IEnumerable<string> Lines(IEnumerable<Incident> incidents)
    {
        var rows = incidents.Select(RowOf).Prepend(Titles).ToArray();
        var widths = Titles.Select((_, column) => rows.Max(row => row[column].Length)).ToArray();
        return rows.Select(row => string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }

    /// <summary>Several lines for each incident: what is known of it, and its whole stack.</summary>
    internal static IEnumerable<string> Details(IEnumerable<Incident> incidents) => incidents.SelectMany(DetailsOf);

    private static IEnumerable<string> DetailsOf(Incident incident)
    {
        string?[] head =
        [
            IncidentText.TimeOf(incident), incident.Kind, IncidentText.WorkerOf(incident), IncidentText.CauseOf(incident),
            incident.Pid is { } pid ? $"pid={pid}" : null,
            incident.MemoryBytes is { } memory ? $"memory={Show.Mega(memory)}" : null,
        ];
        yield return Show.Printable(string.Join(' ', head.Where(text => !string.IsNullOrEmpty(text))));
        if (incident.Route is not null)
        {
            var trace = incident.TraceId is { } id ? $" trace_id={Show.Shortened(id)}" : "";
            yield return Show.Printable($"  {IncidentText.RequestOf(incident)} in flight for {IncidentText.AgeOf(incident)}{trace}");
        }
        if (incident.Stack is not { IsDefaultOrEmpty: false } stack)
        {
            yield return "  no Python stack";
            yield break;
        }
        yield return "  Python stack, the innermost frame first:";
        foreach (var frame in stack) yield return Show.Printable($"    {IncidentText.FrameOf(frame)}");
    }

    private static string[] RowOf(Incident incident) =>
    [
        IncidentText.TimeOf(incident),
        Show.Printable(Show.Shortened(incident.Kind)),
        Show.Printable(IncidentText.WorkerOf(incident)),
        Show.Printable(IncidentText.CauseOf(incident)),
        IncidentText.AgeOf(incident),
        Show.Printable(IncidentText.RequestOf(incident)),
        Show.Printable(StackLine.Of(incident.Stack, 1) ?? ""),
    ];
}

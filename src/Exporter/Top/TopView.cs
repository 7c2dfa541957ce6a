using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.Top;

/// <summary>The head of the screen: some lines about the whole server.</summary>
internal static class TopView
{
    private const string Gap = "   ";

    // In characters: the name, the value and a spark line of a figure.
    private const int NameWidth = 9;
    private const int ValueWidth = 9;
    private const int NarrowestFigure = 30;
    private const int FiguresPerLine = 4;
    private const int QueueSparkWidth = 10;

    /// <summary>Keeps the values that have spark lines.</summary>
    internal static void Add(FigureHistory history, Status status)
    {
        foreach (var figure in Figure.Of(status)) history.Add(figure.Name, figure.Value);
        foreach (var queue in status.Listeners) history.Add(KeyOf(queue), queue.Backlog);
    }

    /// <param name="history">The values with spark lines; null for none.</param>
    /// <param name="width">The width of the screen in characters. No value is cut if it is at least 60.</param>
    internal static IEnumerable<string> HeaderOf(Status status, Target target, FigureHistory? history, int width)
    {
        var now = status.Now;
        var workers = now.Of(MetricCatalogue.Workers).ToLookup(sample => sample["state"], sample => sample.Value);
        var uptime = Show.Duration(now.Of(MetricCatalogue.MasterUptime).Max(sample => (double?)sample.Value) ?? 0);
        string[] state = now.Sum(MetricCatalogue.Up) > 0 ? [$"up {uptime}"] : ["down", "no live master uses its store"];
        return Lines(
            width,
            [
                $"Gunicorn at {target.Name}: {state[0]}", .. state[1..],
                $"workers {Show.Count(workers["live"].Sum())} of {Show.Count(workers["configured"].Sum())}",
                $"restarts {Show.Count(now.Sum(MetricCatalogue.MasterWorkerRestarts))}",
                $"peak in flight {Show.Count(status.InFlightPeak)}",
            ])
            .Concat(Grid(Figure.Of(status), history, width))
            .Concat(Lines(width, status.Listeners.Select(queue => BacklogOf(queue, history)).DefaultIfEmpty("Backlog –")))
            .Concat(Lines(width, status.Exits.Length == 0
                ? ["Worker exits: none"]
                :
                [
                    .. status.Exits.Select((exits, i) => $"{(i == 0 ? "Worker exits: " : "")}{exits.Reason} {Show.Count(exits.Workers)}"),
                    $"requests lost {Show.Count(status.Exits.Sum(exits => exits.RequestsLost))}",
                ]));
    }

    /// <summary>The figures below each other in as many columns as fit.</summary>
    private static IEnumerable<string> Grid(IReadOnlyList<Figure> figures, FigureHistory? history, int width)
    {
        var perLine = Math.Clamp(width / NarrowestFigure, 1, FiguresPerLine);
        var sparkWidth = history is null ? 0 : Math.Max(0, ((width + Gap.Length) / perLine) - Gap.Length - NameWidth - ValueWidth - 2);
        return figures.Chunk(perLine).Select(line => string.Join(Gap, line.Select(CellOf)).TrimEnd());

        string CellOf(Figure figure) =>
            $"{figure.Name,-NameWidth} {figure.Text,ValueWidth} {history?.SparkOf(figure.Name, sparkWidth).PadRight(sparkWidth)}";
    }

    private static string BacklogOf(ListenerStatus queue, FigureHistory? history) =>
        $"Backlog {queue.Name} {Show.Count(queue.Backlog)} of {Show.Count(queue.Limit)}, peak {Show.Count(queue.Peak)}" +
        (history is null ? "" : " " + history.SparkOf(KeyOf(queue), QueueSparkWidth));

    private static string KeyOf(ListenerStatus queue) => $"Backlog {queue.Name}";

    /// <summary>The parts in as few lines as hold them whole.</summary>
    private static List<string> Lines(int width, params IEnumerable<string> parts)
    {
        List<string> lines = [];
        foreach (var part in parts.Select(Show.Printable))
        {
            if (lines.Count > 0 && lines[^1].Length + Gap.Length + part.Length <= width) lines[^1] += Gap + part;
            else lines.Add(part);
        }
        return lines;
    }
}

using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.Top;

/// <summary>The workers as a table, and the order in which it lists them. Not thread-safe.</summary>
internal sealed class TopTable(TopColumn sorted)
{
    private TopColumn _sorted = sorted;
    private bool _isReversed;

    /// <summary>Sorts by the column a number of places to the right, wrapping around.</summary>
    internal void Move(int columns)
    {
        var place = TopColumn.All.ToList().IndexOf(_sorted) + columns + TopColumn.All.Count;
        (_sorted, _isReversed) = (TopColumn.All[place % TopColumn.All.Count], false);
    }

    internal void Reverse() => _isReversed = !_isReversed;

    /// <summary>The lines of the table, its titles first.</summary>
    internal IEnumerable<string> Lines(IEnumerable<WorkerStatus> workers, int width)
    {
        var columns = TopColumn.All.Where(column => width >= column.NarrowestScreen).ToArray();
        var rows = Sort(workers).Select(worker => columns.Select(column => CellOf(column, worker)).ToArray())
            .Prepend([.. columns.Select(column => column == _sorted ? column.Title + Mark : column.Title)]).ToArray();
        var widths = columns.Select((_, place) => rows.Max(row => row[place].Length)).ToArray();
        return rows.Select(row => string.Join(' ', columns.Select((column, place) =>
            column.IsText ? row[place].PadRight(widths[place]) : row[place].PadLeft(widths[place]))));
    }

    private static string CellOf(TopColumn column, WorkerStatus worker) => column.IsText
        ? Show.Printable(column.Text(worker))
        : column.Text(worker).Replace(" ", "", StringComparison.Ordinal);

    private char Mark => _isReversed == (_sorted.Order is null) ? '↓' : '↑';

    /// <summary>Unknown values come last.</summary>
    private IEnumerable<WorkerStatus> Sort(IEnumerable<WorkerStatus> workers) => (_sorted.Order, _isReversed) switch
    {
        (null, false) => workers,
        (null, true) => workers.Reverse(),
        ({ } order, false) => workers.OrderByDescending(order),
        ({ } order, true) => workers.OrderBy(worker => order(worker) ?? double.PositiveInfinity),
    };
}

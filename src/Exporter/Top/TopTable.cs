using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.Top;

/// <summary>Rows as a table, and the order in which it lists them. Not thread-safe.</summary>
/// <remarks>A column never gets narrower again, so that values that change do not move it.</remarks>
internal sealed class TopTable<T>(IReadOnlyList<TopColumn<T>> columns, TopColumn<T> sorted) : ITopTable
{
    private readonly int[] _widths = [.. columns.Select(column => Math.Max(column.Width, column.Title.Length + 1))];
    private TopColumn<T> _sorted = sorted;
    private bool _isReversed;

    public void Move(int places)
    {
        var place = columns.ToList().IndexOf(_sorted) + places + columns.Count;
        (_sorted, _isReversed) = (columns[place % columns.Count], false);
    }

    public void Reverse() => _isReversed = !_isReversed;

    /// <summary>The lines of the table, its titles first.</summary>
    /// <param name="filter">A text that the shown rows contain.</param>
    internal IEnumerable<string> Lines(IEnumerable<T> items, int width, string filter = "")
    {
        var rows = Sort(items).Select(item => columns.Select(column => CellOf(column, item)).ToArray()).ToArray();
        for (var place = 0; place < columns.Count - 1; place++)
        {
            _widths[place] = rows.Select(row => row[place].Length).Append(_widths[place]).Max();
        }
        var shown = ShownIn(width);
        return rows.Where(row => row.Any(cell => cell.Contains(filter, StringComparison.OrdinalIgnoreCase)))
            .Prepend([.. columns.Select(column => column == _sorted ? column.Title + Mark : column.Title)])
            .Select(row => string.Join(' ', shown.Select(place => place == columns.Count - 1
                ? row[place]
                : columns[place].IsText ? row[place].PadRight(_widths[place]) : row[place].PadLeft(_widths[place]))));
    }

    private List<int> ShownIn(int width)
    {
        var shown = Enumerable.Range(0, columns.Count).ToList();
        while (shown.Sum(place => _widths[place] + 1) - 1 > width)
        {
            var next = shown.MaxBy(place => columns[place].Omitted);
            if (columns[next].Omitted == 0) break;
            shown.Remove(next);
        }
        return shown;
    }

    private static string CellOf(TopColumn<T> column, T item) => column.IsText
        ? Show.Printable(column.Text(item))
        : column.Text(item).Replace(" ", "", StringComparison.Ordinal);

    private char Mark => _isReversed == (_sorted.Order is null) ? '↓' : '↑';

    /// <summary>Unknown values come last.</summary>
    private IEnumerable<T> Sort(IEnumerable<T> items) => (_sorted.Order, _isReversed) switch
    {
        (null, false) => items,
        (null, true) => items.Reverse(),
        ({ } order, false) => items.OrderByDescending(order),
        ({ } order, true) => items.OrderBy(item => order(item) ?? double.PositiveInfinity),
    };
}

/// <summary>A table whose order the keys change.</summary>
internal interface ITopTable
{
    /// <summary>Sorts by the column a number of places to the right, wrapping around.</summary>
    void Move(int places);

    void Reverse();
}

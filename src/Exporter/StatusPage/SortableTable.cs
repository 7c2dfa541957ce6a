namespace GunicornPrometheusExporter.Exporter.StatusPage;

/// <summary>Writes a table whose heads are links that sort it; its first column names the rows.</summary>
internal static class SortableTable
{
    internal static void Write<T>(
        HtmlWriter html, PageQuery query, string id, string title, string caption, IReadOnlyList<Column<T>> columns, IEnumerable<T> rows)
    {
        StatusDocument.OpenHead(html, id, title, caption);
        var names = columns.Select(column => column.Id).ToArray();
        var sort = query.Sorts.LastOrDefault(sort => names.Contains(sort.TrimStart('-')));
        foreach (var column in columns) WriteHead(html, query, id, column, names, sort);
        StatusDocument.CloseHead(html);
        foreach (var row in Sorted(rows, columns.FirstOrDefault(column => column.Id == sort?.TrimStart('-')), sort))
        {
            html.Write($"<tr>");
            foreach (var column in columns)
            {
                WriteCell(html, column, row, isFirst: column == columns[0]);
            }
            html.Write($"</tr>\n");
        }
        StatusDocument.CloseTable(html);
    }

    private static void WriteHead<T>(HtmlWriter html, PageQuery query, string id, Column<T> column, string[] names, string? sort)
    {
        var isSorted = sort?.TrimStart('-') == column.Id;
        var next = sort == column.Id ? "-" + column.Id : column.Id;
        html.Write($"""<th scope="col" aria-sort="{(isSorted ? sort![0] == '-' ? "ascending" : "descending" : "none")}">""");
        html.Write($"""<a href="{query.SortedBy(next, names, id + "-title")}">{column.Title}</a></th>""");
    }

    private static void WriteCell<T>(HtmlWriter html, Column<T> column, T row, bool isFirst)
    {
        if (isFirst && column.IsName) html.Write($"""<th scope="row" class="name">""");
        else if (isFirst) html.Write($"""<th scope="row">""");
        else if (column.IsName) html.Write($"""<td class="name">""");
        else html.Write($"<td>");
        column.Write(html, row);
        if (isFirst) html.Write($"</th>");
        else html.Write($"</td>");
    }

    private static IEnumerable<T> Sorted<T>(IEnumerable<T> rows, Column<T>? column, string? sort)
    {
        if (column is null) return rows;
        var known = rows.Select(row => (Row: row, Key: column.Key(row))).OrderBy(row => row.Key is null or double.NaN);
        var isDescending = known.Any(row => row.Key is double) != (sort![0] == '-');
        return (isDescending ? known.ThenByDescending(row => row.Key) : known.ThenBy(row => row.Key)).Select(row => row.Row);
    }
}

namespace GunicornPrometheusExporter.Exporter.StatusPage;

/// <summary>A column of a table that can be sorted by it.</summary>
/// <param name="Id">Its name in the address of the page, unique among all tables.</param>
/// <param name="Key">The value to sort by: numbers from the highest, texts from the first, null last.</param>
internal sealed record Column<T>(string Id, string Title, Func<T, IComparable?> Key, Action<HtmlWriter, T> Write)
{
    /// <summary>Whether the content is a name that may be long.</summary>
    internal bool IsName { get; init; }

    internal Column(string id, string title, Func<T, double?> value, Func<double?, string> show)
        : this(id, title, row => value(row), (html, row) => html.Write($"{show(value(row))}"))
    {
    }
}

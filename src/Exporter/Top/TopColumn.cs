namespace GunicornPrometheusExporter.Exporter.Top;

/// <summary>A column of a table.</summary>
/// <param name="Title">The heading; in lower case, the name on the command line.</param>
/// <param name="Width">The minimum width in characters, so that usual values never move the columns behind it.</param>
/// <param name="Order">The sort key of a row, largest first; null for the order in which the table is given its rows.</param>
internal sealed record TopColumn<T>(string Title, int Width, Func<T, string> Text, Func<T, double?>? Order)
{
    /// <summary>Whether the column is aligned to the left, as text.</summary>
    internal bool IsText { get; init; }

    /// <summary>A narrow screen omits the column with the highest number first; it never omits one with 0.</summary>
    internal int Omitted { get; init; }
}

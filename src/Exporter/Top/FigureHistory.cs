namespace GunicornPrometheusExporter.Exporter.Top;

/// <summary>The last values of each figure, and their spark lines. Not thread-safe.</summary>
internal sealed class FigureHistory
{
    private const int MostValues = 120;
    private const string Levels = "▁▂▃▄▅▆▇█";

    private readonly Dictionary<string, Queue<double?>> _values = new(StringComparer.Ordinal);

    internal void Add(string figure, double? value)
    {
        if (!_values.TryGetValue(figure, out var values)) _values[figure] = values = [];
        values.Enqueue(value);
        if (values.Count > MostValues) values.Dequeue();
    }

    /// <summary>A character for each of the last values, the newest last, in proportion to the largest; a blank if it is unknown.</summary>
    internal string SparkOf(string figure, int width)
    {
        if (!_values.TryGetValue(figure, out var values)) return "";
        var shown = values.TakeLast(width).ToArray();
        var largest = shown.Max() is > 0 and { } most ? most : 1;
        return string.Concat(shown.Select(value =>
            value is { } known ? Levels[(int)Math.Round(Math.Clamp(known / largest, 0, 1) * (Levels.Length - 1))] : ' '));
    }
}

namespace GunicornPrometheusExporter.Engine.Tests.Files;

/// <summary>An entry of a store file that a test writes.</summary>
public sealed record TestEntry(string Key, double Value, double Timestamp = 0)
{
    /// <summary>An entry of a sample with labels, its key written as Python's json module does, the labels sorted if asked.</summary>
    public static TestEntry Of(
        string family, string sample, IEnumerable<(string Name, string Value)> labels, double value,
        double timestamp = 0, string help = "help", bool isSorted = true) =>
        new(
            $"[{Json(family)}, {Json(sample)}, {{{string.Join(", ", (isSorted ? labels.OrderBy(label => label.Name, StringComparer.Ordinal) : labels)
                .Select(label => $"{Json(label.Name)}: {Json(label.Value)}"))}}}, {Json(help)}]",
            value,
            timestamp);

    private static string Json(string text) => "\"" + string.Concat(text.Select(c => c switch
    {
        '"' => "\\\"",
        '\\' => "\\\\",
        >= ' ' and <= '~' => c.ToString(),
        _ => $"\\u{(int)c:x4}",
    })) + "\"";
}

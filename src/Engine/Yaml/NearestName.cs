namespace GunicornPrometheusExporter.Yaml;

/// <summary>Suggests a name for a misspelled one.</summary>
internal static class NearestName
{
    /// <summary>The name with the smallest edit distance.</summary>
    /// <returns>Null if every distance is more than half of the name's length.</returns>
    public static string? Of(string written, IEnumerable<string> names) =>
        names.Select(name => (Name: name, Distance: Distance(written, name)))
            .Where(candidate => candidate.Distance <= candidate.Name.Length / 2)
            .OrderBy(candidate => candidate.Distance)
            .FirstOrDefault().Name;

    private static int Distance(string one, string other)
    {
        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 0; i < one.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i + 1;
            for (var j = 0; j < other.Length; j++)
            {
                var changed = diagonal + (one[i] == other[j] ? 0 : 1);
                diagonal = row[j + 1];
                row[j + 1] = Math.Min(changed, Math.Min(row[j], row[j + 1]) + 1);
            }
        }
        return row[^1];
    }
}

using System.Text.Json;

namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>Whether a Prometheus keeps the labels of the metrics: it renames one that the target has too.</summary>
internal static class LabelCheck
{
    private const string Ours = "__name__=~\"gunicorn_.+\"";
    private const string Prefix = "exported_";
    private const string Instance = "instance";

    /// <summary>The path and query that ask for renamed labels of current series, and whether there are series at all.</summary>
    // Servers limit the length of an address, some to 4,000 characters: characters that a query may contain are not escaped.
    internal static string Path { get; } = "api/v1/query?query=" + Escape(string.Join(" or ", MetricCatalogue.All
        .SelectMany(family => family.Labels).Append(Instance).Distinct()
        .Select(label => Count(label, $"{{{Ours},{Prefix}{label}!=\"\"}}")).Prepend(Count("", $"{{{Ours}}}"))));

    /// <exception cref="FormatException">It is not the answer of a Prometheus.</exception>
    internal static IEnumerable<Finding> Find(Uri prometheus, string answer)
    {
        var found = LabelsIn(answer);
        if (found.Length == 0)
        {
            yield return Finding.Error(
                $"{prometheus}: it has no metrics of this exporter now; check that it scrapes the exporter, at /targets");
        }
        foreach (var label in found.Where(label => label.Length > 0).Order(StringComparer.Ordinal))
        {
            yield return Finding.Error(
                $"{prometheus}: it stores the label {label} as {Prefix}{label}, because the target has a label {label} too, so queries " +
                $"by {label} find nothing; drop the target's label (relabel_configs), or set honor_labels: true in its scrape");
        }
    }

    private static string Escape(string query) => Uri.EscapeDataString(query)
        .Replace("%28", "(", StringComparison.Ordinal).Replace("%29", ")", StringComparison.Ordinal)
        .Replace("%2C", ",", StringComparison.Ordinal).Replace("%21", "!", StringComparison.Ordinal)
        .Replace("%3D", "=", StringComparison.Ordinal).Replace("%20", "+", StringComparison.Ordinal);

    private static string Count(string label, string selector) => $"label_replace(count({selector}),\"label\",\"{label}\",\"\",\"\")";

    private static string[] LabelsIn(string answer)
    {
        try
        {
            using var json = JsonDocument.Parse(answer);
            return [.. json.RootElement.GetProperty("data").GetProperty("result").EnumerateArray().Select(
                series => series.GetProperty("metric").TryGetProperty("label", out var label) ? label.GetString()! : "")];
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException("not an answer of Prometheus' API");
        }
    }
}

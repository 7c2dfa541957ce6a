using GunicornPrometheusExporter.Slots;

namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>Reads what live masters leave about themselves in the store: <c>master-N.KIND</c>.</summary>
internal static class MasterTexts
{
    private const int LongestText = 4 << 10;

    internal static IEnumerable<string> Of(SlotTable? slots, string directory, string kind) =>
        from number in slots?.Held(SlotKind.Master) ?? []
        let text = StoreFiles.TryReadAll(Path.Combine(directory, $"{SlotName.Of(SlotKind.Master, number)}.{kind}"), LongestText)
        where text is not null
        select Encoding.UTF8.GetString(text);

    /// <summary>The names of the masters' applications; null if none is known.</summary>
    internal static string? NameIn(string directory)
    {
        try
        {
            using var slots = SlotTable.OpenExisting(directory);
            var name = string.Join(", ", Of(slots, directory, "name").Where(name => name.Length > 0).Distinct());
            return name.Length > 0 ? name : null;
        }
        catch (Exception e) when (e is StoreException or IOException or UnauthorizedAccessException)
        {
            // The page shows the rest; the next scrape reports the store.
            return null;
        }
    }
}

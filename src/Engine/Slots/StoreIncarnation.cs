using System.Globalization;
using System.Text;
using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.Slots;

/// <summary>Identifies one life of a store's counters, so that whoever remembers earlier values can tell whether they were reset.</summary>
/// <remarks>
/// The store keeps it in the file <c>incarnation</c>. An exporter or server that continues the store's counters continues
/// its incarnation; a start that removes them begins the next generation. The file is replaced whole, never written to.
/// </remarks>
/// <param name="Store">The store's identifier while its directory exists: 32 hexadecimal digits.</param>
/// <param name="Generation">How often its counters were reset.</param>
internal sealed record StoreIncarnation(string Store, int Generation)
{
    private const string FileName = "incarnation";
    private const int LongestText = 4 << 10;

    /// <summary>The incarnation of a store; creates the first one if it has none.</summary>
    /// <exception cref="StoreException">The file can neither be read nor created.</exception>
    public static StoreIncarnation Of(string directory)
    {
        var path = Path.Combine(directory, FileName);
        try
        {
            if (Read(path) is { } incarnation) return incarnation;
            new StoreIncarnation(Guid.NewGuid().ToString("N"), 1).Write(path);
            return Read(path)!;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException(
                $"{path} cannot be created ({e.Message.TrimEnd('.')}); run the exporter as the user that the workers run as", e);
        }
    }

    /// <summary>Begins the next generation after the counters were removed; does nothing if the store has no incarnation yet.</summary>
    public static void Renew(string directory)
    {
        var path = Path.Combine(directory, FileName);
        if (Read(path) is { } last) (last with { Generation = last.Generation + 1 }).Write(path);
    }

    /// <summary>The inverse of <see cref="ToString"/>; null if the text is something else.</summary>
    public static StoreIncarnation? Parse(string? text) =>
        text?.Split('-') is [{ Length: > 0 } store, var generation]
        && int.TryParse(generation, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new(store, number)
            : null;

    /// <summary>Whether the other incarnation's counters certainly ended before these began.</summary>
    public bool Succeeds(StoreIncarnation other) => other.Store == Store && other.Generation < Generation;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Store}-{Generation}");

    private static StoreIncarnation? Read(string path) =>
        StoreFiles.TryReadAll(path, LongestText) is { } text ? Parse(Encoding.ASCII.GetString(text)) : null;

    private void Write(string path)
    {
        var temporary = $"{path}.{Environment.ProcessId}{StoreFiles.TemporaryExtension}";
        using (var file = StoreFiles.Create(temporary)) file.Write(Encoding.ASCII.GetBytes(ToString()));
        StoreFiles.Put(temporary, path);
    }
}

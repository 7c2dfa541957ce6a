using System.Globalization;
using System.Text;
using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.Slots;

/// <summary>The life of a store's counters: whoever keeps what they were adds the next incarnation to it.</summary>
/// <remarks>
/// <c>incarnation</c> in the store holds it. An exporter or a server that goes on with the store's counters goes on with its
/// incarnation; a start that removes them begins the next generation. The file is replaced whole, never written to.
/// </remarks>
/// <param name="Store">What the store is called, as long as its directory is not removed: 32 hexadecimal digits.</param>
/// <param name="Generation">How often its counters have begun anew.</param>
internal sealed record StoreIncarnation(string Store, int Generation)
{
    private const string FileName = "incarnation";
    private const int LongestText = 4 << 10;

    /// <summary>The incarnation of a store, which is its first if it has none.</summary>
    /// <exception cref="StoreException">The file can be neither read nor made.</exception>
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
            throw new StoreException($"{path} cannot be made: {e.Message} Run the exporter as the user that the workers run as.", e);
        }
    }

    /// <summary>Begins the next generation, once the counters of the last are removed. Does nothing if nobody has asked for one.</summary>
    public static void Renew(string directory)
    {
        var path = Path.Combine(directory, FileName);
        if (Read(path) is { } last) (last with { Generation = last.Generation + 1 }).Write(path);
    }

    /// <summary>Reads what <see cref="ToString"/> gave.</summary>
    /// <returns>Null if it is something else.</returns>
    public static StoreIncarnation? Parse(string? text) =>
        text?.Split('-') is [{ Length: > 0 } store, var generation]
        && int.TryParse(generation, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new(store, number)
            : null;

    /// <summary>Whether another one's counters have certainly ended before these began.</summary>
    public bool Succeeds(StoreIncarnation other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return other.Store == Store && other.Generation < Generation;
    }

    /// <inheritdoc/>
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

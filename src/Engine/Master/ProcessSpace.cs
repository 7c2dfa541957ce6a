using System.Text.Json;
using GunicornPrometheusExporter.Store;

namespace GunicornPrometheusExporter.Master;

/// <summary>Where a pid means something: one boot of one machine, and in it one PID namespace.</summary>
/// <param name="BootId">The kernel's id of the boot.</param>
/// <param name="PidNamespace">The namespace, as <c>/proc/self/ns/pid</c> names it.</param>
internal sealed record ProcessSpace(string BootId, string PidNamespace)
{
    /// <summary>That of this process.</summary>
    internal static ProcessSpace Current() => new(
        File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim(),
        new FileInfo("/proc/self/ns/pid").LinkTarget ?? "");

    /// <summary>Reads a space back.</summary>
    /// <returns>Null if there is no such file, or it says something else.</returns>
    internal static ProcessSpace? Read(string path)
    {
        try
        {
            return StoreFiles.TryReadAll(path) is { } text ? JsonSerializer.Deserialize(text, MasterJson.Default.ProcessSpace) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes the space in the place of whatever was there, in one step for every reader.</summary>
    internal void Write(string path)
    {
        var temporary = path + ".new";
        using (var stream = StoreFiles.Create(temporary))
        {
            JsonSerializer.Serialize(stream, this, MasterJson.Default.ProcessSpace);
        }
        File.Move(temporary, path, overwrite: true);
    }
}

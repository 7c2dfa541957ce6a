using System.Text.Json;
using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.Master;

/// <summary>Where a pid means something: one boot of one machine, and in it one PID namespace.</summary>
/// <remarks>
/// Where <c>/proc</c> shows processes only (<c>subset=pid</c>), the boot has no id, and nothing proves where a pid counts.
/// </remarks>
/// <param name="BootId">The kernel's id of the boot; empty if it is hidden.</param>
/// <param name="PidNamespace">The namespace, as <c>/proc/self/ns/pid</c> names it.</param>
internal sealed record ProcessSpace(string BootId, string PidNamespace)
{
    private const string BootIdFile = "/proc/sys/kernel/random/boot_id";

    /// <summary>That of this process.</summary>
    internal static ProcessSpace Current() => new(
        File.Exists(BootIdFile) ? File.ReadAllText(BootIdFile).Trim() : "", new FileInfo("/proc/self/ns/pid").LinkTarget ?? "");

    /// <summary>Whether it is certainly the one in which a process is that wrote another down.</summary>
    internal bool IsCertainly(ProcessSpace? other) => BootId.Length > 0 && PidNamespace.Length > 0 && this == other;

    /// <summary>Writes the space in the place of whatever was there, in one step for every reader.</summary>
    internal void Write(string path) =>
        StoreFiles.Replace(path, file => JsonSerializer.Serialize(file, this, MasterJson.Default.ProcessSpace));
}

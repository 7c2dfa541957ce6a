using System.Text.Json;
using System.Text.Json.Serialization;
using GunicornPrometheusExporter.Diagnostics;

namespace GunicornPrometheusExporter.Master;

/// <summary>The scope of a pid: one boot of one machine, and one PID namespace in it.</summary>
/// <remarks>
/// Where <c>/proc</c> shows only processes (<c>subset=pid</c>), the boot id is hidden, so no scope is ever certain.
/// </remarks>
/// <param name="BootId">The kernel's id of the boot; empty if it is hidden.</param>
/// <param name="PidNamespace">The target of <c>/proc/self/ns/pid</c>.</param>
/// <param name="BootedAt">
/// In <c>pids.json</c> only: the wall clock's boot time when it was recorded. Another value means that the clock was set.
/// </param>
internal sealed record ProcessSpace(
    string BootId, string PidNamespace,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? BootedAt = null)
{
    private const string BootIdFile = "/proc/sys/kernel/random/boot_id";

    /// <summary>Whether the wall clock was not set since, so that file times and process start times are comparable.</summary>
    internal bool IsClockTheSame => BootedAt is { } time && ClockSteps.IsSame(time, ClockSteps.RealAtBoot());

    internal static ProcessSpace Current() => new(
        File.Exists(BootIdFile) ? File.ReadAllText(BootIdFile).Trim() : "", new FileInfo("/proc/self/ns/pid").LinkTarget ?? "");

    /// <summary>Whether both are certainly the same scope.</summary>
    internal bool IsCertainly(ProcessSpace? other) =>
        BootId.Length > 0 && PidNamespace.Length > 0 && BootId == other?.BootId && PidNamespace == other.PidNamespace;

    internal void Write(Stream file) => JsonSerializer.Serialize(file, this, MasterJson.Default.ProcessSpace);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ProcessSpace))]
internal sealed partial class MasterJson : JsonSerializerContext;

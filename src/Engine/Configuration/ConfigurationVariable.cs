using System.Collections.Immutable;

namespace GunicornPrometheusExporter.Configuration;

/// <summary>One setting: an environment variable, a key of the file and perhaps a flag.</summary>
/// <remarks>Immutable, declared once in <see cref="ConfigurationVariables"/>.</remarks>
internal sealed record ConfigurationVariable
{
    /// <summary>The environment variable: <c>REDIS_PORT</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Other names of the environment variable, which count only if <see cref="Name"/> is unset.</summary>
    public ImmutableArray<string> Aliases { get; init; } = [];

    /// <summary>
    /// Variables of the OpenTelemetry specification that count if no other source sets it and the exporter exports by OTLP, the
    /// most specific one first, each with what to append to its text.
    /// </summary>
    public ImmutableArray<(string Name, string Suffix)> Standards { get; init; } = [];

    /// <summary>The path of the key in the file: <c>redis.port</c>; null if the file cannot set it.</summary>
    public string? Key { get; init; }

    /// <summary>The option on the command line: <c>--redis.port</c>, after the key unless stated; null without one.</summary>
    /// <remarks>A secret has none, because every user of the machine can read the command line of a process.</remarks>
    public string? Flag
    {
        get => field ?? (HasFlag && !Secret ? $"--{Key!.Replace('_', '-')}" : null);
        init;
    }

    /// <summary>Whether the exporter itself uses the setting, so that its command line can set it.</summary>
    public bool HasFlag { get; init; } = true;

    /// <summary>The form that its text must have.</summary>
    public required VariableKind Kind { get; init; }

    /// <summary>What it sets, in one sentence without a full stop, with its unit.</summary>
    public required string Description { get; init; }

    /// <summary>The default for an unset or empty variable; null without one.</summary>
    public string? Default { get; init; }

    /// <summary>An example value for the documentation, if there is no default.</summary>
    public string? Example { get; init; }

    public int Minimum { get; init; }

    public int Maximum { get; init; } = int.MaxValue;

    /// <summary>The allowed values of a choice.</summary>
    public ImmutableArray<string> Choices { get; init; } = [];

    public bool Secret { get; init; }

    /// <summary>Whether applications use the same variable for themselves, in forms that are not ours.</summary>
    public bool IsShared { get; init; }

    /// <summary>When a change in the file takes effect.</summary>
    public ReloadScope ReloadScope { get; init; }

    /// <summary>The keys that lead to it in the file, outermost first.</summary>
    public string[] Path => Key!.Split('.');

    /// <summary>The name of the setting as Python spells it: <c>redis_port</c>.</summary>
    public string Property => Name.ToLowerInvariant();
}

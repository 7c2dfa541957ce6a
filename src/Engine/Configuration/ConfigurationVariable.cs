using System.Collections.Immutable;

namespace GunicornPrometheusExporter.Configuration;

/// <summary>One environment variable: immutable, declared once in <see cref="ConfigurationVariables"/>.</summary>
public sealed record ConfigurationVariable
{
    /// <summary>The variable's name: <c>REDIS_PORT</c>. The property of the same setting is its name in lower case.</summary>
    public required string Name { get; init; }

    /// <summary>What its text must be.</summary>
    public required VariableKind Kind { get; init; }

    /// <summary>What it sets, in one sentence without a full stop, with its unit.</summary>
    public required string Description { get; init; }

    /// <summary>The text that stands for an unset or empty variable; null if there is then no value.</summary>
    public string? Default { get; init; }

    /// <summary>The smallest number allowed.</summary>
    public int Minimum { get; init; }

    /// <summary>The largest number allowed.</summary>
    public int Maximum { get; init; } = int.MaxValue;

    /// <summary>The texts allowed, if it is a choice.</summary>
    public ImmutableArray<string> Choices { get; init; } = [];

    /// <summary>Whether the value must never be shown.</summary>
    public bool Secret { get; init; }

    /// <summary>The name of the setting as Python spells it: <c>redis_port</c>.</summary>
    public string Property => Name.ToLowerInvariant();
}

using GunicornPrometheusExporter.Exposition;

namespace GunicornPrometheusExporter.Fleet;

/// <summary>The lines of a family of hosts with the same samples. Immutable.</summary>
/// <param name="Header">The header of the family.</param>
/// <param name="Lines">The lines of the samples; null for a sample without a line.</param>
internal sealed record HostLines(FamilyHeader Header, HostLine?[] Lines)
{
    /// <summary>Whether escaping can have made two lines equal.</summary>
    public bool IsEscaped { get; } = Lines.Any(line => line?.IsEscaped == true);
}

using System.Collections.Immutable;
using System.IO.Enumeration;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>The operator's choice of what a store exposes. Workers record everything, so a change loses no counts.</summary>
/// <param name="PerWorker">
/// Whether each worker has its own series in the families that are summed by default, and a series for each state.
/// </param>
/// <param name="Excluded">The names of the families that are not exposed; <c>*</c> stands for any text.</param>
internal readonly record struct FamilyChoice(bool PerWorker, ImmutableArray<string> Excluded)
{
    /// <summary>Whether a family is not exposed.</summary>
    public bool Excludes(string family) =>
        Excluded.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, family, ignoreCase: false));
}

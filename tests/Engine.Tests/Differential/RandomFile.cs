using GunicornPrometheusExporter.Engine.Tests.Files;
using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.Engine.Tests.Differential;

/// <summary>A file of a <see cref="RandomStore"/>.</summary>
/// <param name="Layout">The layout of its entries.</param>
/// <param name="Entries">The entries, the same key perhaps more than once.</param>
/// <param name="Unpublished">Entries that are written and not yet published.</param>
internal sealed record RandomFile(EntryLayout Layout, IReadOnlyList<TestEntry> Entries, IReadOnlyList<TestEntry> Unpublished);

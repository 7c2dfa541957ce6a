using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Exposition;

/// <summary>An exposition without its values: rebuilt when series change, written at every scrape.</summary>
/// <remarks>All formats are written from it. The lines of a label set are adjacent. Not thread-safe.</remarks>
internal sealed class ExpositionLayout
{
    private readonly List<FamilyLines> _families = [];
    private readonly List<SampleLine> _lines;
    private readonly HashSet<string> _openMetricsNames = new(StringComparer.Ordinal);
    private (NameEscaping Escaping, ExpositionLayout Layout)? _escaped;

    public ExpositionLayout() : this([]) { }

    private ExpositionLayout(List<SampleLine> lines) => _lines = lines;

    public ReadOnlySpan<FamilyLines> Families => CollectionsMarshal.AsSpan(_families);

    public ReadOnlySpan<SampleLine> LinesOf(FamilyLines family) =>
        CollectionsMarshal.AsSpan(_lines).Slice(family.Start, family.Count);

    public void Clear()
    {
        _families.Clear();
        _lines.Clear();
        _openMetricsNames.Clear();
        _escaped = null;
    }

    /// <summary>Adds a family at the end; its lines follow.</summary>
    public void Begin(FamilyHeader header) => _families.Add(new FamilyLines(header, _lines.Count, 0, OpenMetricsOf(header)));

    /// <summary>Adds a line to the last family; the lines of a label set must be adjacent and in order.</summary>
    public void Add(in SampleLine line)
    {
        _lines.Add(line);
        ref var family = ref CollectionsMarshal.AsSpan(_families)[^1];
        family = family with { Count = family.Count + 1 };
    }

    /// <summary>The layout with escaped names; the same if nothing changes.</summary>
    /// <remarks>Valid until this layout changes. Only the last one is kept, so that clients cannot make it use more memory.</remarks>
    /// <param name="escaping">How names are escaped.</param>
    /// <param name="drop">Called with each family of which a sample is dropped, because another has its escaped name.</param>
    public ExpositionLayout Escape(NameEscaping escaping, Action<FamilyHeader> drop)
    {
        if (escaping == NameEscaping.AllowUtf8) return this;
        if (_escaped?.Escaping != escaping) _escaped = (escaping, EscapedLayout.Of(this, escaping, drop));
        return _escaped.Value.Layout;
    }

    /// <summary>The part with the named families and samples; unknown names are ignored.</summary>
    /// <remarks>Valid until this layout changes: families without a hidden line are not copied.</remarks>
    public ExpositionLayout Restrict(IReadOnlySet<string> names)
    {
        var chosen = _families.FindAll(family => family.Header.Kinds.Any(kind => family.Header.IsNamed(names, kind)));
        var isShared = chosen.TrueForAll(family => family.Header.IsNamed(names));
        var restricted = new ExpositionLayout(isShared ? _lines : []);
        foreach (var family in chosen)
        {
            var header = family.Header;
            if (isShared)
            {
                restricted._families.Add(family with { OpenMetrics = restricted.OpenMetricsOf(header) });
                continue;
            }
            restricted.Begin(header);
            // Unselected lines are hidden, not removed, because a count is the sum of buckets.
            foreach (ref readonly var line in LinesOf(family)) restricted.Add(line with { IsHidden = !header.IsNamed(names, line.Kind) });
        }
        return restricted;
    }

    /// <summary>The header in OpenMetrics, in which each type reserves more names than it exposes.</summary>
    private byte[]? OpenMetricsOf(FamilyHeader header)
    {
        if (!header.OpenMetricsNames.Any(_openMetricsNames.Contains))
        {
            _openMetricsNames.UnionWith(header.OpenMetricsNames);
            return header.OpenMetrics;
        }
        return header.Type == MetricType.Counter && _openMetricsNames.Add(header.Name) ? header.Untyped : null;
    }
}

/// <summary>A family of an <see cref="ExpositionLayout"/>, and where its lines are.</summary>
/// <remarks>Its header in OpenMetrics depends on the names that earlier families reserve; null if it cannot be exposed.</remarks>
internal readonly record struct FamilyLines(FamilyHeader Header, int Start, int Count, byte[]? OpenMetrics);

using System.Text;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Exposition;

/// <summary>Derives a layout with escaped names.</summary>
/// <remarks>
/// Different names can become equal. Families that become equal are one family if they have the same type; otherwise only the
/// first is exposed. Of equal samples, only the first is exposed.
/// </remarks>
internal static class EscapedLayout
{
    /// <returns>The same layout if nothing changes.</returns>
    public static ExpositionLayout Of(ExpositionLayout source, NameEscaping escaping, Action<FamilyHeader> drop)
    {
        var groups = new List<Group>();
        var claimed = new Dictionary<string, Group>(StringComparer.Ordinal);
        var isChanged = false;
        foreach (var family in source.Families)
        {
            var header = family.Header.Escape(escaping);
            var isSame = ReferenceEquals(header, family.Header) && !HasOtherLabels(source.LinesOf(family), escaping);
            isChanged |= !isSame;
            if (header.SampleNames.FirstOrDefault(claimed.ContainsKey) is not { } name)
            {
                var group = new Group(header, [(family, isSame)]);
                groups.Add(group);
                foreach (var own in header.SampleNames) claimed.Add(own, group);
            }
            else if (claimed[name] is var other && (other.Header.Name, other.Header.Type) == (header.Name, header.Type))
            {
                other.Families.Add((family, isSame));
            }
            else
            {
                drop(family.Header);
            }
        }
        return isChanged ? LayOut(source, groups, escaping, drop) : source;
    }

    private static ExpositionLayout LayOut(
        ExpositionLayout source, List<Group> groups, NameEscaping escaping, Action<FamilyHeader> drop)
    {
        var layout = new ExpositionLayout();
        foreach (var (header, families) in groups)
        {
            layout.Begin(header);
            var sets = families is [(_, IsSame: true)] ? null : new HashSet<LabelSet>();
            foreach (var (family, _) in families)
            {
                var lines = source.LinesOf(family);
                while (lines.Length > 0)
                {
                    var set = SampleLine.TakeLabelSet(ref lines);
                    if (sets is not null)
                    {
                        var escaped = SetOf(set, header, escaping);
                        if (escaped is null || !sets.Add(escaped))
                        {
                            drop(family.Header);
                            continue;
                        }
                        set = escaped.Lines;
                    }
                    foreach (ref readonly var line in set) layout.Add(line);
                }
            }
        }
        return layout;
    }

    private static bool HasOtherLabels(ReadOnlySpan<SampleLine> lines, NameEscaping escaping)
    {
        while (lines.Length > 0)
        {
            var text = SampleLine.TakeLabelSet(ref lines)[0].Labels.Text;
            // Most stores have no name in quotes, so this is worth a search.
            if (escaping != NameEscaping.Dots && !text.StartsWith("\""u8) && text.IndexOf(",\""u8) < 0) continue;
            if (TextSyntax.ToLabels(text).Exists(label => Escape(label, escaping) != label)) return true;
        }
        return false;
    }

    /// <returns>Null if two names of labels become equal.</returns>
    private static LabelSet? SetOf(ReadOnlySpan<SampleLine> lines, FamilyHeader header, NameEscaping escaping)
    {
        var labels = TextSyntax.ToLabels(lines[0].Labels.Text).ConvertAll(label => Escape(label, escaping));
        if (TextSyntax.Labels(labels) is not { } text) return null;
        var set = new LabelSet(Encoding.UTF8.GetBytes(text)) { Created = lines[0].Labels.Created };
        foreach (ref readonly var line in lines)
        {
            var all = line.Kind == LineKind.Bucket
                ? TextSyntax.Append(text, MetricFamily.BucketLabel, SampleNumber.ToText(line.Bound))
                : text;
            set.Add(line.Kind, line.Bound, TextSyntax.Line(header.NameOf(line.Kind), all), line.Series);
        }
        return set;
    }

    private static Label Escape(Label label, NameEscaping escaping) =>
        label with { Name = NameSyntax.EscapeLabel(label.Name, escaping) };

    /// <summary>The families that have one escaped name, and whether each keeps its names.</summary>
    private sealed record Group(FamilyHeader Header, List<(FamilyLines Family, bool IsSame)> Families);
}

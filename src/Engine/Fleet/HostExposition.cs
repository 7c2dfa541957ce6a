using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;
using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Fleet;

/// <summary>Exposes the samples of every live host, each with the label <c>instance</c>. Text format only.</summary>
/// <remarks>The text around the numbers is rebuilt only when hosts or series change; hosts share equal lines.</remarks>
internal sealed class HostExposition(ILogger logger) : IFleetExposition
{
    private readonly FamilyOrder _order = new(logger);
    private readonly ConditionalWeakTable<SnapshotSample, HostLine?> _lines = [];
    private readonly ConditionalWeakTable<SnapshotFamily, HostLines> _ofFamilies = [];
    private HostSnapshot[] _hosts = [];
    private byte[][] _labels = [];
    private List<HostFamily> _families = [];
    private NameEscaping _escaping;

    public void Refresh(IReadOnlyList<HostSnapshot> hosts, DateTimeOffset now)
    {
        var before = _hosts;
        _hosts = [.. hosts.Where(host => host.IsLive(now))];
        var isSame = before.Length == _hosts.Length && before.Zip(_hosts).All(pair =>
            pair.First.Instance == pair.Second.Instance && ReferenceEquals(pair.First.Snapshot.Layout, pair.Second.Snapshot.Layout));
        if (!isSame) LayOut();
    }

    public void Write(IBufferWriter<byte> output, ExpositionFormat format, IReadOnlySet<string>? names, NameEscaping escaping)
    {
        if (escaping != _escaping) Escape(escaping);
        var writer = new LineWriter(output);
        foreach (var family in _families)
        {
            var header = family.Header;
            var isWhole = names is null || header.IsNamed(names);
            if (!isWhole && !header.Kinds.Any(kind => header.IsNamed(names!, kind))) continue;
            writer.Begin(header.Text);
            foreach (var block in family.Blocks)
            {
                var values = _hosts[block.Host].Snapshot.Values.Span[block.Start..];
                var label = _labels[block.Host].AsSpan();
                var lines = block.Lines.Span;
                for (var i = 0; i < lines.Length; i++)
                {
                    if (lines[i] is not { } line || MetricSnapshot.IsAbsent(values[i])) continue;
                    if (isWhole || header.IsNamed(names!, line.Kind)) writer.WriteLine(line.Head, label, line.Tail, values[i]);
                }
            }
        }
        writer.Flush();
    }

    /// <summary>Lays the hosts out with names escaped in another way; only the last one is kept.</summary>
    private void Escape(NameEscaping escaping)
    {
        _escaping = escaping;
        _lines.Clear();
        _ofFamilies.Clear();
        LayOut();
    }

    private void LayOut()
    {
        _labels = [.. _hosts.Select(host => LabelOf(host.Instance))];
        var families = new Dictionary<(string Name, MetricType Type), HostFamily>();
        for (var host = 0; host < _hosts.Length; host++)
        {
            var layout = _hosts[host].Snapshot.Layout;
            var isHosts = _hosts[host].Instance.Length > 0;
            var start = 0;
            foreach (var family in layout.Families)
            {
                if (!_ofFamilies.TryGetValue(family, out var lines)) _ofFamilies.Add(family, lines = LinesOf(family, isHosts));
                var header = lines.Header;
                if (!families.TryGetValue((header.Name, header.Type), out var known))
                {
                    families.Add((header.Name, header.Type), known = new HostFamily(header, []));
                }
                Add(known, new HostBlock(host, start, lines.Lines), lines.IsEscaped);
                start += family.Samples.Length;
            }
        }
        _families = _order.Choose(families.Values, family => family.Header);
    }

    /// <summary>Adds a block without the lines that the host already has in the family, which escaping can cause.</summary>
    private void Add(HostFamily family, HostBlock block, bool isEscaped)
    {
        // Blocks are added host by host.
        if (isEscaped || (family.Blocks.Count > 0 && family.Blocks[^1].Host == block.Host))
        {
            var others = family.Blocks.FindAll(other => other.Host == block.Host);
            HashSet<string> seen = [.. others.SelectMany(other => other.Lines.ToArray()).Select(TextOf)];
            var lines = block.Lines.ToArray();
            for (var i = 0; i < lines.Length; i++)
            {
                if (lines[i] is null || seen.Add(TextOf(lines[i]))) continue;
                lines[i] = null;
                _order.ReportEscaped(family.Header);
            }
            block = block with { Lines = lines };
        }
        family.Blocks.Add(block);
    }

    private HostLines LinesOf(SnapshotFamily family, bool isHosts)
    {
        var header = new FamilyHeader(family.StoreName, family.Type, family.Help, family.Mode).Escape(_escaping);
        var kinds = header.Source.Kinds.ToDictionary(header.Source.NameOf);
        return new(header,
        [
            .. family.Samples.Select(sample => kinds.TryGetValue(sample.Name, out var kind) ? LineOf(sample, isHosts, header, kind) : null),
        ]);
    }

    private HostLine? LineOf(SnapshotSample sample, bool isHosts, FamilyHeader header, LineKind kind)
    {
        if (!_lines.TryGetValue(sample, out var line)) _lines.Add(sample, line = HostLine.Of(sample, isHosts, header, kind, _escaping));
        return line;
    }

    private static string TextOf(HostLine? line) => line is null ? "" : Encoding.UTF8.GetString([.. line.Head, .. line.Tail]);

    private static byte[] LabelOf(string instance) =>
        instance.Length == 0 ? [] : Encoding.UTF8.GetBytes(TextSyntax.Labels([new Label(FleetLabel.Instance, instance)])!);
}

/// <summary>A family of several hosts whose samples are not merged.</summary>
internal sealed record HostFamily(FamilyHeader Header, List<HostBlock> Blocks);

/// <summary>The samples of one host in a family.</summary>
/// <param name="Host">The index of the host.</param>
/// <param name="Start">The index of the first sample in the host's values.</param>
/// <param name="Lines">The lines of the samples; null for a sample without a line.</param>
internal readonly record struct HostBlock(int Host, int Start, ReadOnlyMemory<HostLine?> Lines);

/// <summary>The lines of a family of hosts with the same samples. Immutable.</summary>
/// <param name="Lines">The lines of the samples; null for a sample without a line.</param>
internal sealed record HostLines(FamilyHeader Header, HostLine?[] Lines)
{
    /// <summary>Whether escaping can have made two lines equal.</summary>
    public bool IsEscaped { get; } = Lines.Any(line => line?.IsEscaped == true);
}

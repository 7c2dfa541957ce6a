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
    private readonly ConditionalWeakTable<SnapshotLayout, HostLine?[]> _layouts = [];
    private HostSnapshot[] _hosts = [];
    private byte[][] _labels = [];
    private List<HostFamily> _families = [];

    public void Refresh(IReadOnlyList<HostSnapshot> hosts, DateTimeOffset now)
    {
        var before = _hosts;
        _hosts = [.. hosts.Where(host => host.IsLive(now))];
        var isSame = before.Length == _hosts.Length && before.Zip(_hosts).All(pair =>
            pair.First.Instance == pair.Second.Instance && ReferenceEquals(pair.First.Snapshot.Layout, pair.Second.Snapshot.Layout));
        if (!isSame) LayOut();
    }

    public void Write(IBufferWriter<byte> output, ExpositionFormat format, IReadOnlySet<string>? names)
    {
        var writer = new LineWriter(output);
        foreach (var family in _families)
        {
            var header = family.Header;
            var isWhole = names is null || names.Contains(header.Name) || names.Contains(header.BaseName);
            if (!isWhole && !header.SampleNames.Any(names!.Contains)) continue;
            writer.Begin(header.Text);
            foreach (var block in family.Blocks)
            {
                var values = _hosts[block.Host].Snapshot.Values.Span[block.Start..];
                var label = _labels[block.Host].AsSpan();
                var lines = block.Lines.Span;
                for (var i = 0; i < lines.Length; i++)
                {
                    if (lines[i] is not { } line || MetricSnapshot.IsAbsent(values[i])) continue;
                    if (isWhole || names!.Contains(line.Name)) writer.WriteLine(line.Head, label, line.Tail, values[i]);
                }
            }
        }
        writer.Flush();
    }

    private void LayOut()
    {
        _labels = [.. _hosts.Select(host => LabelOf(host.Instance))];
        var families = new Dictionary<(string Name, MetricType Type), HostFamily>();
        for (var host = 0; host < _hosts.Length; host++)
        {
            var layout = _hosts[host].Snapshot.Layout;
            var isHosts = _hosts[host].Instance.Length > 0;
            if (!_layouts.TryGetValue(layout, out var lines)) _layouts.Add(layout, lines = LinesOf(layout, isHosts));
            var start = 0;
            foreach (var family in layout.Families)
            {
                if (!families.TryGetValue((family.Name, family.Type), out var known))
                {
                    families.Add((family.Name, family.Type), known = new HostFamily(HeaderOf(family), []));
                }
                known.Blocks.Add(new HostBlock(host, start, lines.AsMemory(start, family.Samples.Length)));
                start += family.Samples.Length;
            }
        }
        _families = _order.Choose(families.Values, family => family.Header);
    }

    private HostLine?[] LinesOf(SnapshotLayout layout, bool isHosts)
    {
        var lines = new List<HostLine?>(layout.SampleCount);
        foreach (var family in layout.Families)
        {
            var names = HeaderOf(family).SampleNames;
            foreach (var sample in family.Samples) lines.Add(names.Contains(sample.Name) ? LineOf(sample, isHosts) : null);
        }
        return [.. lines];
    }

    private HostLine? LineOf(SnapshotSample sample, bool isHosts)
    {
        if (!_lines.TryGetValue(sample, out var line)) _lines.Add(sample, line = HostLine.Of(sample, isHosts));
        return line;
    }

    private static byte[] LabelOf(string instance) =>
        instance.Length == 0 ? [] : Encoding.UTF8.GetBytes(TextSyntax.Labels([new Label(InstanceLabel.Name, instance)])!);

    private static FamilyHeader HeaderOf(SnapshotFamily family) => new(family.StoreName, family.Type, family.Help, family.Mode);
}

using System.Buffers.Text;
using GunicornPrometheusExporter.Listeners;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>Adds the accept queues of the server, and the connections that the kernel refused.</summary>
internal sealed class ListenerSamples(SlotLiveness slots, ListenerWatch watch, Peaks peaks) : ISampleSource
{
    /// <summary>The accept queues at the last look.</summary>
    internal IReadOnlyList<AcceptQueue> Queues { get; private set; } = [];

    public string Name => "listeners";

    private static ReadOnlySpan<byte> InodeLabel => "inode=\""u8;

    public void Look(FamilyTable families)
    {
        var inodes = new HashSet<uint>();
        families.Visit(MetricCatalogue.ListenerSocket, (_, labels, _) =>
        {
            var value = labels.Text[Math.Min(InodeLabel.Length, labels.Text.Length)..];
            if (labels.Text.StartsWith(InodeLabel) && Utf8Parser.TryParse(value, out uint inode, out _)) inodes.Add(inode);
        });
        Queues = watch.Look(inodes);
        foreach (var queue in Queues) peaks.Observe(MetricCatalogue.ListenerBacklogPeak, queue.Backlog, LabelOf(queue));
    }

    public void Add(FamilyTable families)
    {
        if (slots.Masters.Count == 0) return;
        foreach (var queue in Queues)
        {
            families.Set(MetricCatalogue.ListenerBacklog, queue.Backlog, LabelOf(queue));
            families.Set(MetricCatalogue.ListenerBacklogLimit, queue.Limit, LabelOf(queue));
        }
        if (!Queues.Any(queue => queue.IsTcp) || ListenFailures.Read() is not { } failures) return;
        families.Set(MetricCatalogue.HostListenOverflows, failures.Overflows);
        families.Set(MetricCatalogue.HostListenDrops, failures.Drops);
    }

    private static Label LabelOf(AcceptQueue queue) => new("listener", queue.Address);
}

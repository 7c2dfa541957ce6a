using System.Collections.Frozen;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Slots;
using GunicornPrometheusExporter.Snapshots;
using StackExchange.Redis;

namespace GunicornPrometheusExporter.Forwarding.Redis;

/// <summary>The base of an instance's counts, including those of the previous writer.</summary>
/// <param name="Writer">Incarnation, writer and sequence of the latest part; empty without counts.</param>
internal sealed record CountedPast(string Writer, string LayoutId, byte[] Layout, byte[] Values)
{
    /// <summary>Counters that restart with each exporter, not with the store.</summary>
    private static readonly FrozenSet<string> ExportersOwn = MetricCatalogue.All
        .Where(family => family.Source == FamilySource.Exporter).Select(family => family.Name).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>No counts to add.</summary>
    public static CountedPast None { get; } = new("", "", [], []);

    /// <summary>Reads and sums the counts of the previous writer, given the first snapshot and the incarnation of the next one.</summary>
    /// <exception cref="ForwardingException">Another application wrote the key.</exception>
    public static async Task<CountedPast> ReadAsync(IDatabase redis, string counted, MetricSnapshot now, StoreIncarnation incarnation)
    {
        var held = await redis.HashGetAsync(counted,
        [
            SnapshotFields.Incarnation, SnapshotFields.Writer, SnapshotFields.Sequence,
            SnapshotFields.LayoutId, SnapshotFields.Layout, SnapshotFields.Values,
            SnapshotFields.BaseLayoutId, SnapshotFields.BaseLayout, SnapshotFields.BaseValues,
        ]).ConfigureAwait(false);
        try
        {
            var totals = new CountedTotals();
            if (held[6].HasValue) Add(totals, held.AsSpan(6), (_, _, _) => true);
            var isStoreOver = StoreIncarnation.Parse(held[0]) != incarnation;
            var current = ValuesOf(now);
            Add(totals, held.AsSpan(3), (family, sample, value) => ExportersOwn.Contains(family.Name)
                ? !(current.TryGetValue(CountedTotals.KeyOf(sample), out var continued) && continued >= value)
                : isStoreOver);
            var (layout, values) = totals.ToSnapshot();
            var encoded = SnapshotCodec.EncodeLayout(layout);
            return new($"{held[0]} {held[1]} {held[2]}", encoded.Id, encoded.Bytes, SnapshotCodec.EncodeValues(values));
        }
        catch (SnapshotFormatException e)
        {
            throw new ForwardingException(
                $"the key {counted} is damaged or belongs to another application ({e.Message}); " +
                "remove it, or set REDIS_KEY_PREFIX to another prefix", e);
        }
    }

    private static void Add(
        CountedTotals totals, ReadOnlySpan<RedisValue> encoded, Func<SnapshotFamily, SnapshotSample, double, bool> isOver)
    {
        var layout = SnapshotCodec.DecodeLayout((byte[]?)encoded[1], (string?)encoded[0] ?? "");
        var values = new double[layout.SampleCount];
        SnapshotCodec.DecodeValues((byte[]?)encoded[2], values);
        totals.Add(layout, values, isOver);
    }

    private static Dictionary<string, double> ValuesOf(MetricSnapshot snapshot) => snapshot.Layout.Samples.Index()
        .Where(entry => ExportersOwn.Contains(entry.Item.Family.Name))
        .ToDictionary(entry => CountedTotals.KeyOf(entry.Item.Sample), entry => snapshot.Values.Span[entry.Index]);
}

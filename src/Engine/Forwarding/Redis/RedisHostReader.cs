using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Forwarding.Redis;

/// <summary>Creates hosts from the replies of Redis. Layouts with the same id are one object. Not thread-safe.</summary>
internal sealed class RedisHostReader(TimeProvider time)
{
    private const int LayoutsWorthForgetting = 16;

    // In milliseconds: 557 years, so that no date is out of range, not even three intervals before now.
    private const long LongestTime = 1L << 44;

    private readonly SharedSamples _samples = new();
    private Dictionary<string, SnapshotLayout> _layouts = new(StringComparer.Ordinal);

    /// <summary>Reads an entry that has changed; an entry without a layout has the known one.</summary>
    /// <exception cref="SnapshotFormatException">No exporter of this version wrote it.</exception>
    public RedisHost Read(RedisEntry entry, RedisHost? known)
    {
        if (entry.IsForeign) throw new SnapshotFormatException("no exporter wrote it");
        var isWhole = entry.Has(SnapshotFields.Layout);
        var layout = isWhole || known is null
            ? LayoutOf(entry.Text(SnapshotFields.LayoutId), entry.Bytes(SnapshotFields.Layout))
            : known.Host.Snapshot.Layout;
        var now = time.GetUtcNow();
        var timeToLive = entry.Has(SnapshotFields.TimeToLive)
            ? Duration(entry, SnapshotFields.TimeToLive)
            : RedisForwarder.IntervalsToLive * Duration(entry, SnapshotFields.Interval);
        var host = new HostSnapshot(
            entry.Instance,
            now - timeToLive + (entry.TimeToLive ?? default),
            entry.TimeToLive is { } left ? now + left : DateTimeOffset.MinValue,
            Decode(entry, layout, SnapshotFields.Values),
            isWhole ? PastOf(entry) : known?.Host.Past);
        var writer = entry.Text(SnapshotFields.Writer);
        var former = known?.Writer == writer ? known.FormerWriter : known?.Writer;
        return new(writer, former, entry.Number(SnapshotFields.Sequence), entry.Text(SnapshotFields.LayoutId), host);
    }

    /// <summary>Removes the layouts that no host uses.</summary>
    public void Keep(IReadOnlyCollection<RedisHost> hosts)
    {
        if (_layouts.Count > LayoutsWorthForgetting + (2 * hosts.Count))
        {
            _layouts = hosts.DistinctBy(host => host.LayoutId).ToDictionary(host => host.LayoutId, host => host.Host.Snapshot.Layout);
        }
        if (_samples.IsLarge) _samples.Keep(_layouts.Values);
    }

    private MetricSnapshot? PastOf(RedisEntry entry)
    {
        if (!entry.Has(SnapshotFields.BaseLayoutId)) return null;
        var layout = LayoutOf(entry.Text(SnapshotFields.BaseLayoutId), entry.Bytes(SnapshotFields.BaseLayout));
        return Decode(entry, layout, SnapshotFields.BaseValues);
    }

    private SnapshotLayout LayoutOf(string id, byte[] bytes)
    {
        if (!_layouts.TryGetValue(id, out var layout)) _layouts.Add(id, layout = SnapshotCodec.DecodeLayout(bytes, id, _samples));
        return layout;
    }

    private static MetricSnapshot Decode(RedisEntry entry, SnapshotLayout layout, string field)
    {
        var values = new double[layout.SampleCount];
        SnapshotCodec.DecodeValues(entry.Bytes(field), values);
        return new(DateTimeOffset.UnixEpoch + Duration(entry, SnapshotFields.Time), layout, values);
    }

    private static TimeSpan Duration(RedisEntry entry, string field) => entry.Number(field) is var milliseconds and >= 0 and < LongestTime
        ? TimeSpan.FromMilliseconds(milliseconds)
        : throw new SnapshotFormatException($"its field {field} is not a time");
}

using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Incidents;
using StackExchange.Redis;

namespace GunicornPrometheusExporter.Forwarding.Redis;

/// <summary>Reads the snapshots that <see cref="RedisForwarder"/> writes; if a layout is known, only changed values.</summary>
/// <remarks>
/// One command reads an instance from one key, so it is consistent. An entry that becomes unreadable keeps its last data, so
/// that no count disappears, and so does an instance of which a replica that became the master lacks the newest snapshots. If
/// the hosts are merged, the counts of hosts that are gone and of earlier incarnations are included. Not thread-safe.
/// </remarks>
/// <param name="config">The settings of Redis.</param>
/// <param name="isMerged">Whether the hub merges its hosts.</param>
/// <param name="hub">The name of the hub among those that share the hosts; null if it reads all hosts.</param>
/// <param name="clock">The clock; null for the system's.</param>
internal sealed class RedisFleetSource(ExporterConfig config, bool isMerged, string? hub = null, TimeProvider? clock = null) : IFleetSource
{
    private const int InstancesAtOnce = 250;
    private const int MostIncidents = 1000;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(4);

    private static readonly RedisValue[] StampFields = [SnapshotFields.Writer, SnapshotFields.Sequence];

    private static readonly RedisValue[] SteadyFields =
    [
        .. StampFields, SnapshotFields.LayoutId, SnapshotFields.Time, SnapshotFields.Interval, SnapshotFields.TimeToLive,
        SnapshotFields.Values,
    ];

    private static readonly RedisValue[] WholeFields =
        [.. SteadyFields, SnapshotFields.Layout, SnapshotFields.BaseLayoutId, SnapshotFields.BaseLayout, SnapshotFields.BaseValues];

    private readonly RedisKeys _keys = new(config.RedisKeyPrefix);
    private readonly RedisConnection _connection = new(config, Limit);
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private readonly RedisHostReader _reader = new(clock ?? TimeProvider.System);
    private readonly RedisHubs? _hubs = hub is null ? null : new(new RedisKeys(config.RedisKeyPrefix).Hubs(isMerged), hub, isMerged);
    private Dictionary<string, RedisHost> _hosts = new(StringComparer.Ordinal);

    public string Place { get; } = $"under \"{config.RedisKeyPrefix}\" in Redis at {RedisFault.PlaceOf(config)}";

    public HubLease? Lease { get; private set; }

    public async Task<FleetReading> ReadAsync(CancellationToken cancellation)
    {
        var rest = await ListAsync(cancellation).ConfigureAwait(false);
        var hosts = new Dictionary<string, RedisHost>(StringComparer.Ordinal);
        var skipped = new List<SkippedEntry>();
        var until = long.MaxValue;
        do
        {
            // Once per batch, so that a long read keeps the lease, and omits the hosts of hubs that have started since.
            await RenewAsync(cancellation).ConfigureAwait(false);
            // Another hub may have served newer values of the earlier batches.
            if (_clock.GetTimestamp() >= until)
            {
                throw new ForwardingException("the hub stood still for longer than its lease; the next read begins again");
            }
            until = Lease?.Until ?? until;
            rest = Own(rest);
            string[] batch = [.. rest.Take(InstancesAtOnce)];
            rest = rest[batch.Length..];
            var entries = await _connection.RunAsync(
                redis => Task.WhenAll(batch.Select(instance => FetchAsync(redis, instance))), cancellation).ConfigureAwait(false);
            foreach (var entry in entries)
            {
                // The results of earlier batches are kept if a later batch fails.
                if (Take(entry, skipped) is { } host) hosts[entry.Instance] = _hosts[entry.Instance] = host;
            }
        }
        while (rest.Length > 0);
        // A replica that became the master may lack them, as may a server that restarted.
        var now = _clock.GetUtcNow();
        foreach (var (instance, known) in _hosts)
        {
            if (known.Host.IsLive(now)) hosts.TryAdd(instance, known);
        }
        _hosts = Own([.. hosts.Keys]).ToDictionary(instance => instance, instance => hosts[instance], StringComparer.Ordinal);
        _reader.Keep(_hosts.Values);
        return new([.. _hosts.Values.Select(host => host.Host)], skipped);
    }

    public async Task<IReadOnlyList<Incident>> ReadIncidentsAsync(CancellationToken cancellation)
    {
        await RenewAsync(cancellation).ConfigureAwait(false);
        IReadOnlyList<Incident> newest = [];
        foreach (var batch in Own(await ListAsync(cancellation).ConfigureAwait(false)).Chunk(InstancesAtOnce))
        {
            var hosts = await _connection.RunAsync(
                redis => Task.WhenAll(batch.Select(instance => FetchIncidentsAsync(redis, instance))), cancellation).ConfigureAwait(false);
            newest = [.. newest.Concat(hosts.SelectMany(host => host)).OrderBy(incident => incident.Time).TakeLast(MostIncidents)];
        }
        return newest;
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private async Task<string[]> ListAsync(CancellationToken cancellation)
    {
        var instances = await _connection.RunAsync(
            redis => redis.SortedSetRangeByRankAsync(_keys.Index), cancellation).ConfigureAwait(false);
        return [.. instances.Select(instance => (string)instance!)];
    }

    private async Task RenewAsync(CancellationToken cancellation)
    {
        if (_hubs is null) return;
        var until = _clock.GetTimestamp() + (long)(RedisHubs.Lease.TotalSeconds * _clock.TimestampFrequency);
        Lease = new(await _connection.RunAsync(_hubs.RenewAsync, cancellation).ConfigureAwait(false), until);
    }

    private string[] Own(string[] instances) => Lease is { } lease ? [.. instances.Where(lease.Share.Has)] : instances;

    private async Task<IEnumerable<Incident>> FetchIncidentsAsync(IDatabase redis, string instance)
    {
        try
        {
            var values = await redis.HashGetAsync(KeyOf(instance), [SnapshotFields.Incidents]).ConfigureAwait(false);
            // An exporter before 0.3 stores none.
            return values[0].IsNull
                ? []
                : IncidentCodec.Decode((byte[])values[0]!).Select(incident => incident with { Instance = instance });
        }
        catch (Exception e) when (e is SnapshotFormatException or RedisServerException { Kind: RedisErrorKind.WrongType })
        {
            // A scrape reports the entry as skipped.
            return [];
        }
    }

    private async Task<RedisEntry> FetchAsync(IDatabase redis, string instance)
    {
        try
        {
            if (_hosts.TryGetValue(instance, out var known))
            {
                var stamp = await redis.HashGetAsync(KeyOf(instance), StampFields).ConfigureAwait(false);
                if (stamp[0] == known.Writer && stamp[1] == known.Sequence) return new(instance, StampFields, stamp);
                var steady = await FetchAsync(redis, instance, SteadyFields).ConfigureAwait(false);
                if (steady.IsForeign || (steady.Values[0] == known.Writer && steady.Values[2] == known.LayoutId)) return steady;
            }
            return await FetchAsync(redis, instance, WholeFields).ConfigureAwait(false);
        }
        catch (RedisServerException e) when (e.Kind == RedisErrorKind.WrongType)
        {
            return RedisEntry.Foreign(instance);
        }
    }

    private async Task<RedisEntry> FetchAsync(IDatabase redis, string instance, RedisValue[] fields)
    {
        var entry = await FetchOnceAsync(redis, instance, fields).ConfigureAwait(false);
        if (!entry.IsEmpty || !await redis.KeyExistsAsync(KeyOf(instance)).ConfigureAwait(false)) return entry;
        // Others wrote the key, or an exporter has written it since.
        entry = await FetchOnceAsync(redis, instance, fields).ConfigureAwait(false);
        return entry.IsEmpty ? RedisEntry.Foreign(instance) : entry;
    }

    private async Task<RedisEntry> FetchOnceAsync(IDatabase redis, string instance, RedisValue[] fields)
    {
        var timeToLive = redis.KeyTimeToLiveAsync(_keys.Snapshot(instance));
        var values = await redis.HashGetAsync(KeyOf(instance), fields).ConfigureAwait(false);
        return new(instance, fields, values, await timeToLive.ConfigureAwait(false));
    }

    /// <summary>The key that has all requested data of an instance.</summary>
    private string KeyOf(string instance) => isMerged ? _keys.Counted(instance) : _keys.Snapshot(instance);

    /// <returns>Null if the instance expired, was removed, or was never read.</returns>
    private RedisHost? Take(RedisEntry entry, List<SkippedEntry> skipped)
    {
        var known = _hosts.GetValueOrDefault(entry.Instance);
        if (entry.Names == StampFields) return known;
        if (entry.IsEmpty) return null;
        try
        {
            var host = _reader.Read(entry, known);
            return known is not null && known.IsNewerThan(host) ? known : host;
        }
        catch (SnapshotFormatException e)
        {
            skipped.Add(new(KeyOf(entry.Instance), entry.IsForeign ? SkipKind.Foreign : SkipKind.Unreadable, e.Message));
            return known;
        }
    }
}

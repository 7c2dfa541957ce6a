using System.Collections.Immutable;
using System.Diagnostics;
using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Incidents;
using GunicornPrometheusExporter.Slots;
using GunicornPrometheusExporter.Snapshots;
using StackExchange.Redis;

namespace GunicornPrometheusExporter.Forwarding.Redis;

/// <summary>Writes a store's latest snapshot to Redis, and its counts since the first incarnation.</summary>
/// <remarks>
/// A steady store sends only its values, in one round trip. The server requests more if needed: the layout after a restart,
/// the base after another exporter. docs/forwarding-redis.md describes the keys and why no sum decreases.
/// </remarks>
internal sealed class RedisForwarder(ExporterConfig config) : IForwarder
{
    /// <summary>The number of intervals for which a snapshot is fresh.</summary>
    internal const int IntervalsToLive = 3;

    // A shorter life would end between two snapshots.
    private const int LeastIntervalsToLive = 2;

    // In place of none: long after the last dashboard that shows the instance.
    private static readonly TimeSpan Forever = TimeSpan.FromDays(3650);

    private const int MostExchanges = 4;
    private const double LongestWait = 10;

    private readonly string _instance = config.Instance;
    private readonly RedisKeys _keys = new(config.RedisKeyPrefix);
    private readonly TimeSpan _timeToLive = TimeToLive(config);
    private readonly RedisConnection _connection = new(config, LongestCall(config));
    private readonly string _writer = Guid.NewGuid().ToString("N");
    private readonly RedisValue _boot = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
    private readonly RedisValue _start = new DateTimeOffset(Process.GetCurrentProcess().StartTime).ToUnixTimeMilliseconds();
    private StoreIncarnation? _incarnation;
    private SnapshotLayout? _layout;
    private EncodedLayout? _encoded;
    private bool _isLayoutStored;
    private ImmutableArray<Incident> _incidents;
    private long _sequence;

    public bool UsesDetails => false;

    public TimeSpan Interval { get; } = TimeSpan.FromSeconds(config.RedisForwardInterval);

    public Task<Forwarded> ForwardAsync(MetricSnapshot snapshot, CancellationToken cancellation)
    {
        var incarnation = CurrentIncarnation();
        // A snapshot that was taken while the store was recreated may mix both incarnations; the next one does not.
        var isWhole = _incarnation is null || _incarnation == incarnation;
        _incarnation = incarnation;
        if (!isWhole) return Task.FromResult(default(Forwarded));

        if (!ReferenceEquals(_layout, snapshot.Layout))
        {
            (_layout, _encoded, _isLayoutStored) = (snapshot.Layout, SnapshotCodec.EncodeLayout(snapshot.Layout), false);
        }
        _sequence++;
        return _connection.RunAsync(redis => StoreAsync(redis, snapshot, incarnation), cancellation);
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private static TimeSpan LongestCall(ExporterConfig config) =>
        TimeSpan.FromSeconds(Math.Min(0.9 * config.RedisForwardInterval, LongestWait));

    private static TimeSpan TimeToLive(ExporterConfig config)
    {
        if (config.RedisTtlDisabled) return Forever;
        var seconds = config.RedisTtlSeconds is { } given
            ? Math.Max(given, LeastIntervalsToLive * config.RedisForwardInterval)
            : IntervalsToLive * config.RedisForwardInterval;
        return TimeSpan.FromSeconds(seconds);
    }

    private StoreIncarnation CurrentIncarnation()
    {
        try
        {
            return StoreIncarnation.Of(config.PrometheusMultiprocDir);
        }
        catch (StoreException e)
        {
            throw new ForwardingException(e.Message, e);
        }
    }

    private async Task<Forwarded> StoreAsync(IDatabase redis, MetricSnapshot snapshot, StoreIncarnation incarnation)
    {
        var values = SnapshotCodec.EncodeValues(snapshot.Values.Span);
        var time = snapshot.Time.ToUnixTimeMilliseconds();
        // In the same round trip, but not atomic with the rest: the index may be in another Redis Cluster slot.
        var indexed = redis.SortedSetAddAsync(_keys.Index, _instance, time);
        var bytes = 0L;
        var past = CountedPast.None;
        for (var exchange = 0; exchange < MostExchanges; exchange++)
        {
            RedisValue[] changed = [];
            if (!_isLayoutStored) changed = [SnapshotFields.Layout, _encoded!.Bytes];
            if (!_isLayoutStored || _incidents != snapshot.Incidents)
            {
                changed = [.. changed, SnapshotFields.Incidents, IncidentCodec.Encode(snapshot.Incidents)];
            }
            bytes += values.Length + changed.Where((_, place) => place % 2 == 1).Sum(value => value.Length());
            var answer = (RedisResult[])(await redis.ScriptEvaluateAsync(
                RedisScript.Store, [_keys.Snapshot(_instance), _keys.Counted(_instance)],
                [.. Arguments(incarnation, time, values, past), .. changed]).ConfigureAwait(false))!;
            switch ((string?)answer[0])
            {
                case RedisScript.Stored:
                    (_isLayoutStored, _incidents) = (true, snapshot.Incidents);
                    await indexed.ConfigureAwait(false);
                    return new(1, bytes);
                case RedisScript.LayoutMissing:
                    _isLayoutStored = false;
                    break;
                default:
                    CheckThatItIsOver(incarnation, (string?)answer[1], (long)answer[2]);
                    past = await CountedPast.ReadAsync(redis, _keys.Counted(_instance), snapshot, incarnation).ConfigureAwait(false);
                    _isLayoutStored = false;
                    break;
            }
        }
        throw new ForwardingException(
            $"another exporter keeps writing the keys of instance \"{_instance}\"; set GUNICORN_EXPORTER_INSTANCE to a unique name");
    }

    private RedisValue[] Arguments(StoreIncarnation incarnation, long time, byte[] values, CountedPast past) =>
    [
        (long)_timeToLive.TotalMilliseconds, past.Writer, past.LayoutId, past.Layout, past.Values,
        SnapshotFields.Incarnation, incarnation.ToString(), SnapshotFields.Writer, _writer, SnapshotFields.Sequence, _sequence,
        SnapshotFields.LayoutId, _encoded!.Id, SnapshotFields.Values, values, SnapshotFields.Time, time,
        SnapshotFields.Interval, (long)Interval.TotalMilliseconds,
        SnapshotFields.TimeToLive, (long)_timeToLive.TotalMilliseconds, SnapshotFields.Instance, _instance,
        SnapshotFields.Boot, _boot, SnapshotFields.Start, _start,
    ];

    /// <summary>Throws if the exporter of the other incarnation may be alive: taking over its counts would count them twice.</summary>
    private void CheckThatItIsOver(StoreIncarnation incarnation, string? held, long freshFor)
    {
        var other = StoreIncarnation.Parse(held);
        if (incarnation == other || (other is not null && incarnation.Succeeds(other)) || freshFor <= 0) return;
        throw new ForwardingException(
            $"another store forwarded as instance \"{_instance}\" less than " +
            $"{IntervalsToLive * Interval.TotalSeconds} s ago; set GUNICORN_EXPORTER_INSTANCE to a unique name, " +
            "or wait if that store was removed");
    }
}

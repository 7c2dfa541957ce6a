using System.Globalization;
using GunicornPrometheusExporter.Bench.Fleet;
using GunicornPrometheusExporter.Forwarding.Redis;
using StackExchange.Redis;

// Leaves a fleet's snapshots in Redis, as its forwarders would, at the start and for each line that it reads.
// Arguments: the port of Redis, how many hosts, how many series each.
var (port, hosts, series) = (args[0], int.Parse(args[1], CultureInfo.InvariantCulture), int.Parse(args[2], CultureInfo.InvariantCulture));
await using var connection = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{port}");
var redis = connection.GetDatabase();
var keys = new RedisKeys("gunicorn:metrics:");
var layouts = SampleFleet.LayoutsOf(hosts, series);
var round = 0;
do
{
    round++;
    var bytes = 0L;
    foreach (var batch in Enumerable.Range(0, hosts).Chunk(100)) bytes += (await Task.WhenAll(batch.Select(WriteAsync))).Sum();
    Console.WriteLine($"{round} {bytes}");
}
while (Console.ReadLine() is not null);

async Task<long> WriteAsync(int host)
{
    var instance = $"host-{host:00000}.example";
    var values = SnapshotCodec.EncodeValues(SampleFleet.ValuesOf(layouts[host], host, round));
    List<HashEntry> fields =
    [
        new(SnapshotFields.Sequence, round), new(SnapshotFields.Values, values), new(SnapshotFields.Time, 1_800_000_000_000 + round),
    ];
    if (round == 1)
    {
        var encoded = SnapshotCodec.EncodeLayout(layouts[host]);
        fields.AddRange(
        [
            new(SnapshotFields.Incarnation, $"{host}-1"), new(SnapshotFields.Writer, "bench"), new(SnapshotFields.Interval, 600_000),
            new(SnapshotFields.LayoutId, encoded.Id), new(SnapshotFields.Layout, encoded.Bytes),
        ]);
    }
    foreach (var key in (string[])[keys.Snapshot(instance), keys.Counted(instance)]) await redis.HashSetAsync(key, [.. fields]);
    await redis.KeyExpireAsync(keys.Snapshot(instance), TimeSpan.FromMinutes(30));
    await redis.SortedSetAddAsync(keys.Index, instance, round);
    return values.Length;
}

using System.Diagnostics;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding.Redis;

/// <summary>Three masters with a replica each.</summary>
internal sealed class RedisCluster : IAsyncDisposable
{
    private const int Size = 6;

    private RedisCluster(RedisServer[] nodes) => Nodes = nodes;

    internal RedisServer[] Nodes { get; }

    internal static async Task<RedisCluster> StartAsync()
    {
        var cluster = new RedisCluster(new RedisServer[Size]);
        for (var i = 0; i < Size; i++)
        {
            cluster.Nodes[i] = await RedisServer.StartAsync(
                "--cluster-enabled", "yes", "--cluster-node-timeout", "3000", "--cluster-port", $"{FreePort.Take()}",
                "--cluster-replica-validity-factor", "0", "--repl-diskless-sync-delay", "0");
        }
        var answer = await cluster.Nodes[0].CliAsync(
            ["--cluster", "create", .. cluster.Nodes.Select(node => $"127.0.0.1:{node.Port}"), "--cluster-replicas", "1", "--cluster-yes"]);
        if (!answer.Contains("All 16384 slots covered", StringComparison.Ordinal)) throw new InvalidOperationException(answer);
        foreach (var node in cluster.Nodes)
        {
            await UntilAsync(async () =>
                (await node.CliAsync("CLUSTER", "INFO")).Contains("cluster_state:ok", StringComparison.Ordinal)
                && (await node.CliAsync("CLUSTER", "NODES")).Split('\n').Count(line => line.Contains("slave", StringComparison.Ordinal)) == Size / 2
                && (await node.CliAsync("INFO", "replication")) is var role
                && (role.Contains("connected_slaves:1", StringComparison.Ordinal) || role.Contains("master_link_status:up", StringComparison.Ordinal)));
        }
        return cluster;
    }

    /// <summary>The master that has the key. A busy machine may make the nodes elect another one, and meanwhile none has it.</summary>
    internal async Task<RedisServer> MasterOfAsync(string key)
    {
        RedisServer? master = null;
        await UntilAsync(async () =>
        {
            foreach (var node in Nodes)
            {
                var isMaster = (await node.CliAsync("ROLE")).StartsWith("master", StringComparison.Ordinal);
                if (isMaster && await node.CliAsync("EXISTS", key) == "1") master = node;
            }
            return master is not null;
        });
        return master!;
    }

    /// <summary>Begins to move the slot of a key to another master.</summary>
    internal async Task<SlotMove> BeginMoveAsync(string key)
    {
        var slot = await Nodes[0].CliAsync("CLUSTER", "KEYSLOT", key);
        var source = await MasterOfAsync(key);
        RedisServer? target = null;
        foreach (var node in Nodes)
        {
            var isOther = node != source && (await node.CliAsync("ROLE")).StartsWith("master", StringComparison.Ordinal);
            if (isOther) target = node;
        }
        var (from, to) = (await source.CliAsync("CLUSTER", "MYID"), await target!.CliAsync("CLUSTER", "MYID"));
        await target.CliAsync("CLUSTER", "SETSLOT", slot, "IMPORTING", from);
        await source.CliAsync("CLUSTER", "SETSLOT", slot, "MIGRATING", to);
        return new(slot, source, target, to);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in Nodes) await node.DisposeAsync();
    }

    /// <summary>Waits for what the servers bring about, at most two minutes.</summary>
    internal static async Task UntilAsync(Func<Task<bool>> holds)
    {
        var clock = Stopwatch.StartNew();
        while (!await holds())
        {
            if (clock.Elapsed > TimeSpan.FromMinutes(2)) throw new TimeoutException("the servers did not come so far in two minutes");
            await Task.Delay(50);
        }
    }
}

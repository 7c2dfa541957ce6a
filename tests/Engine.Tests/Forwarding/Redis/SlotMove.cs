namespace GunicornPrometheusExporter.Engine.Tests.Forwarding.Redis;

/// <summary>A slot of a Cluster on its way from one master to another.</summary>
internal sealed record SlotMove(string Slot, RedisServer Source, RedisServer Target, string TargetId)
{
    internal Task<string> MoveKeyAsync(string key) => Source.CliAsync("MIGRATE", "127.0.0.1", $"{Target.Port}", key, "0", "5000");

    internal async Task EndAsync()
    {
        foreach (var node in new[] { Target, Source }) await node.CliAsync("CLUSTER", "SETSLOT", Slot, "NODE", TargetId);
    }
}

using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Forwarding;

/// <summary>The shards of a fleet: a merge of several hubs has one sum per shard, so a sum can move to another hub as a whole.</summary>
internal static class HostShard
{
    /// <summary>The number of shards. All hubs of a fleet must use the same one.</summary>
    public const int Count = 64;

    /// <summary>The shard of a host, which never changes.</summary>
    public static int Of(string instance) => (int)(HashOf(instance) % Count);

    internal static ulong HashOf(string text) => XxHash3.HashToUInt64(MemoryMarshal.AsBytes(text.AsSpan()));
}

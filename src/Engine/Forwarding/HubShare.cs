using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Forwarding;

/// <summary>The hosts that one of several hubs serves, by rendezvous hashing: each host belongs to exactly one hub.</summary>
/// <remarks>
/// A hub that leaves moves only the hosts that it had, a hub that joins only those that it receives. If hosts are merged, all
/// hosts of a shard move together. Immutable.
/// </remarks>
internal sealed class HubShare
{
    private readonly string _name;
    private readonly bool _isMerged;
    private readonly (string Name, long Seed)[] _hubs;

    /// <param name="hubs">The names of all hubs that are alive.</param>
    public HubShare(string name, IEnumerable<string> hubs, bool isMerged)
    {
        _name = name;
        _isMerged = isMerged;
        _hubs = [.. hubs.Append(name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(hub => (hub, (long)HostShard.HashOf(hub)))];
    }

    public int Hubs => _hubs.Length;

    public bool Has(string instance) => OwnerOf(_isMerged ? (ulong)HostShard.Of(instance) : HostShard.HashOf(instance)) == _name;

    private string OwnerOf(ulong unit)
    {
        var bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in unit));
        var (owner, most) = ("", 0UL);
        foreach (var (hub, seed) in _hubs)
        {
            var weight = XxHash3.HashToUInt64(bytes, seed);
            // Of equal weights, the first hub by name has the host.
            if (owner.Length == 0 || weight > most) (owner, most) = (hub, weight);
        }
        return owner;
    }
}

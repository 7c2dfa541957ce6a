using GunicornPrometheusExporter.Forwarding;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding;

public sealed class HubShareTests
{
    private static readonly string[] Hosts = [.. Enumerable.Range(0, 10_000).Select(host => $"host-{host:0000}.example")];

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(5, false)]
    [InlineData(17, false)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(5, true)]
    [InlineData(17, true)]
    public void Each_host_is_at_exactly_one_hub_whatever_the_order_of_their_names(int hubs, bool isMerged)
    {
        var names = Names(hubs);
        var shares = names.Select((name, i) => new HubShare(name, [.. names[i..], .. names[..i]], isMerged)).ToArray();

        Assert.All(Hosts, host => Assert.Single(shares, share => share.Has(host)));
    }

    [Fact]
    public void Hubs_have_about_as_many_hosts_each()
    {
        var owners = Owners(Names(5), isMerged: false);

        Assert.All(owners.Values.CountBy(owner => owner), hub => Assert.InRange(hub.Value, 1_850, 2_150));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_hub_that_leaves_moves_only_its_hosts_and_one_that_joins_only_those_that_it_receives(bool isMerged)
    {
        var names = Names(5);
        var before = Owners(names, isMerged);

        foreach (var gone in names)
        {
            var after = Owners([.. names.Where(name => name != gone)], isMerged);
            Assert.All(Hosts, host => Assert.True(before[host] == gone ? after[host] != gone : after[host] == before[host]));
        }
    }

    [Fact]
    public void Hosts_of_a_shard_are_at_the_same_merging_hub()
    {
        var owners = Owners(Names(5), isMerged: true);

        Assert.All(Hosts.GroupBy(HostShard.Of), shard => Assert.Single(shard.Select(host => owners[host]).Distinct()));
        Assert.Equal(HostShard.Count, Hosts.Select(HostShard.Of).Distinct().Count());
    }

    [Fact]
    public void A_host_has_the_same_shard_in_every_version() =>
        Assert.Equal([22, 31], new[] { HostShard.Of("host-1"), HostShard.Of("web.example:8000") });

    private static string[] Names(int hubs) => [.. Enumerable.Range(1, hubs).Select(hub => $"hub-{hub}")];

    private static Dictionary<string, string> Owners(string[] hubs, bool isMerged)
    {
        var shares = hubs.Select(hub => (Name: hub, Share: new HubShare(hub, hubs, isMerged))).ToArray();
        return Hosts.ToDictionary(host => host, host => shares.Single(hub => hub.Share.Has(host)).Name);
    }
}

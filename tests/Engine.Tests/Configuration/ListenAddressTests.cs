using System.Net.Sockets;
using GunicornPrometheusExporter.Configuration;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Configuration;

public sealed class ListenAddressTests
{
    [Theory]
    [InlineData("127.0.0.1:9091", "127.0.0.1:9091")]
    [InlineData("0.0.0.0:1", "0.0.0.0:1")]
    [InlineData("localhost:65535", "127.0.0.1:65535")]
    [InlineData("[::1]:9091", "[::1]:9091")]
    public void A_host_and_a_port_are_an_address(string text, string endPoint) =>
        Assert.Equal(endPoint, ListenAddress.Parse(text)?.ToString());

    [Fact]
    public void A_path_after_unix_is_a_Unix_socket()
    {
        var address = Assert.IsType<UnixDomainSocketEndPoint>(ListenAddress.Parse("unix:/run/metrics.sock"));

        Assert.Equal("/run/metrics.sock", address.ToString());
        Assert.Equal("unix:/run/metrics.sock", ListenAddress.TextOf(address));
    }

    [Fact]
    public void The_path_of_a_Unix_socket_has_at_most_107_bytes()
    {
        Assert.NotNull(ListenAddress.Parse($"unix:/{new string('a', 106)}"));
        Assert.Null(ListenAddress.Parse($"unix:/{new string('a', 107)}"));
        Assert.Null(ListenAddress.Parse($"unix:/{new string('ä', 54)}"));
    }

    [Fact]
    public void A_port_alone_means_every_address() =>
        Assert.Matches(@"^(\[::\]|0\.0\.0\.0):9091$", ListenAddress.Parse(":9091")?.ToString());

    [Theory]
    [InlineData("::", true, "[::]:9091")]
    [InlineData("::", false, "0.0.0.0:9091")]
    [InlineData("0.0.0.0", true, "0.0.0.0:9091")]
    [InlineData("::1", false, "[::1]:9091")]
    public void Every_address_needs_no_IPv6(string host, bool hasIPv6, string endPoint) =>
        Assert.Equal(endPoint, ListenAddress.Of(host, 9091, hasIPv6).ToString());

    [Theory]
    [InlineData("127.0.0.1:1,127.0.0.1:1", "127.0.0.1:1")]
    [InlineData("unix:/run/a,127.0.0.1:1,unix:/run/a", "/run/a 127.0.0.1:1")]
    [InlineData("127.0.0.1:1,0.0.0.0:1", "0.0.0.0:1")]
    [InlineData("0.0.0.0:1,[::]:1,[::1]:1,127.0.0.1:2", "[::]:1 127.0.0.1:2")]
    [InlineData("0.0.0.0:1,[::1]:1,[::]:2", "0.0.0.0:1 [::1]:1 [::]:2")]
    public void An_address_that_another_covers_is_not_listened_on_twice(string texts, string endPoints)
    {
        var config = ExporterConfig.Load(
            new Dictionary<string, string> { [ConfigurationVariables.WebListenAddress.Name] = texts }, new Dictionary<string, string>());

        Assert.Equal(endPoints, string.Join(' ', ListenAddress.Of(config).Select(address => $"{address}")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("9091")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:")]
    [InlineData("127.0.0.1:0")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("127.0.0.1:-1")]
    [InlineData("127.0.0.1:http")]
    [InlineData("::1:9091")]
    [InlineData("example.org:9091")]
    [InlineData("http://127.0.0.1:9091")]
    [InlineData("unix:")]
    [InlineData("unix:metrics.sock")]
    [InlineData("unix:/run/")]
    [InlineData("unix:/run/a\0b")]
    public void Anything_else_is_none(string text) => Assert.Null(ListenAddress.Parse(text));
}

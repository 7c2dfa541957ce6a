using System.Net;
using System.Net.Sockets;
using GunicornPrometheusExporter.Listeners;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Listeners;

public sealed class ListenerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public void Connections_that_nobody_accepted_are_the_backlog_of_a_TCP_socket(string host)
    {
        var address = IPAddress.Parse(host);
        using var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(address, 0));
        listener.Listen(17);
        AssertBacklog(listener, listener.LocalEndPoint!.ToString()!, 17);
    }

    [Fact]
    public void Connections_that_nobody_accepted_are_the_backlog_of_a_Unix_socket()
    {
        var end = new UnixDomainSocketEndPoint(_directory["gunicorn.sock"]);
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(end);
        listener.Listen(9);
        AssertBacklog(listener, $"unix:{_directory["gunicorn.sock"]}", 9);
    }

    [Fact]
    public void Without_a_master_there_is_nothing_to_look_at() =>
        Assert.Empty(new ListenerWatch(["127.0.0.1:8000"]).Look([]));

    [Fact]
    public void Where_the_master_hides_its_sockets_those_with_the_given_addresses_are_taken()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = listener.LocalEndpoint.ToString()!;
        const int NoProcess = int.MaxValue;
        Assert.Equal(address, Assert.Single(new ListenerWatch([address]).Look([NoProcess])).Address);
        Assert.Empty(new ListenerWatch([]).Look([NoProcess]));
    }

    private static void AssertBacklog(Socket listener, string address, uint limit)
    {
        using var first = Connect(listener);
        using var second = Connect(listener);
        Assert.Equal((2u, limit), Look(address));
        listener.Accept().Dispose();
        Assert.Equal((1u, limit), Look(address));
    }

    private static Socket Connect(Socket listener)
    {
        var end = listener.LocalEndPoint!;
        var client = new Socket(end.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(end);
        return client;
    }

    private static (uint Backlog, uint Limit) Look(string address)
    {
        var socket = new ListenerWatch([]).Look([Environment.ProcessId]).Single(socket => socket.Address == address);
        return (socket.Backlog, socket.Limit);
    }
}

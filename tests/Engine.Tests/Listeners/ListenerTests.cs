using System.Globalization;
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
        using var listener = Listening(address);
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
    public void The_given_addresses_count_until_a_worker_reports_its_sockets_and_the_reported_ones_from_then_on()
    {
        using var first = Listening(IPAddress.Loopback);
        using var second = Listening(IPAddress.Loopback);
        Assert.Empty(new ListenerWatch([]).Look(None));
        var watch = new ListenerWatch([AddressOf(first)]);
        Assert.Equal(AddressOf(first), Assert.Single(watch.Look(None)).Address);
        Assert.Equal(AddressOf(second), Assert.Single(watch.Look(InodeOf(second))).Address);
        // Without a live worker.
        Assert.Equal(AddressOf(second), Assert.Single(watch.Look(None)).Address);
    }

    [Fact]
    public void Sockets_that_share_an_address_have_one_queue_also_if_only_one_is_reported()
    {
        using var first = Listening(IPAddress.Loopback, shares: true);
        using var second = Listening(IPAddress.Loopback, shares: true, ((IPEndPoint)first.LocalEndPoint!).Port);
        var queue = Assert.Single(new ListenerWatch([]).Look(InodeOf(second)));
        Assert.Equal(new AcceptQueue(AddressOf(first), 0, 34), queue);
    }

    [Fact]
    public void The_kernel_counts_refused_connections()
    {
        var file = _directory["netstat"];
        File.WriteAllText(file, "TcpExt: PruneCalled ListenOverflows ListenDrops\nTcpExt: 1 22 333\nIpExt: ListenDrops\nIpExt: 4\n");
        Assert.Equal(new ListenFailures(22, 333), ListenFailures.Read(file));
        foreach (var other in (string[])["", "TcpExt: ListenOverflows ListenDrops\n", "TcpExt: ListenOverflows ListenDrops\nTcpExt: 1\n"])
        {
            File.WriteAllText(file, other);
            Assert.Null(ListenFailures.Read(file));
        }
        Assert.Null(ListenFailures.Read(_directory["missing"]));
        Assert.True(ListenFailures.Read() is { Overflows: >= 0 } real && real.Drops >= real.Overflows);
    }

    private static void AssertBacklog(Socket listener, string address, uint limit)
    {
        using var first = Connect(listener);
        using var second = Connect(listener);
        // On a busy machine, the kernel may queue a connection a moment after its client knows it.
        _ = SpinWait.SpinUntil(() => QueueOf(listener).Backlog == 2, TimeSpan.FromSeconds(30));
        Assert.Equal(new AcceptQueue(address, 2, limit), QueueOf(listener));
        listener.Accept().Dispose();
        Assert.Equal(new AcceptQueue(address, 1, limit), QueueOf(listener));
    }

    private static AcceptQueue QueueOf(Socket listener) => Assert.Single(new ListenerWatch([]).Look(InodeOf(listener)));

    private static readonly HashSet<uint> None = [];

    private static string AddressOf(Socket socket) => socket.LocalEndPoint!.ToString()!;

    private static HashSet<uint> InodeOf(Socket socket)
    {
        // "socket:[12345]"
        var link = File.ResolveLinkTarget($"/proc/self/fd/{socket.Handle}", returnFinalTarget: false)!.Name;
        return [uint.Parse(link.AsSpan("socket:[".Length).TrimEnd(']'), CultureInfo.InvariantCulture)];
    }

    private static Socket Listening(IPAddress address, bool shares = false, int port = 0)
    {
        var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        const int SocketLevel = 1, ReusePort = 15;
        if (shares) listener.SetRawSocketOption(SocketLevel, ReusePort, BitConverter.GetBytes(1));
        listener.Bind(new IPEndPoint(address, port));
        listener.Listen(17);
        return listener;
    }

    private static Socket Connect(Socket listener)
    {
        var end = listener.LocalEndPoint!;
        var client = new Socket(end.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(end);
        return client;
    }
}

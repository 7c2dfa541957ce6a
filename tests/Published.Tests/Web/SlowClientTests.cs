using System.Net;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace GunicornPrometheusExporter.Published.Tests.Web;

public sealed class SlowClientTests : IDisposable
{
    private const int Many = 1000;
    private const int Bound = 256;

    private readonly TemporaryDirectory _directory = new();
    private readonly List<Socket> _slow = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        foreach (var socket in _slow) socket.Dispose();
        _directory.Dispose();
    }

    // That send nothing, half a request, a whole one without reading the answer, and many without reading one.
    [Theory]
    [InlineData("", 1)]
    [InlineData("GET /metr", 1)]
    [InlineData("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", 1)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 20)]
    public async Task A_thousand_slow_clients_keep_nobody_from_an_answer(string request, int times)
    {
        using var exporter = RunningExporter.Serving(_directory.Path);
        var bytes = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(request, times)));

        for (var i = 0; i < Many; i++)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            _slow.Add(socket);
            await socket.ConnectAsync(IPAddress.Loopback, exporter.Port, Cancel);
            await socket.SendAsync(bytes, Cancel);
            if (i % 100 == 99) Assert.Equal(HttpStatusCode.OK, await StatusAsync(exporter));
        }

        await UntilAsync(() => Connections(exporter) <= Bound);
    }

    [Fact]
    public async Task A_thousand_who_never_shake_hands_keep_nobody_from_an_answer()
    {
        using var authority = new TestAuthority();
        var (certificate, key) = authority.Issue("localhost");
        await File.WriteAllTextAsync(_directory["cert.pem"], certificate, Cancel);
        await File.WriteAllTextAsync(_directory["key.pem"], key, Cancel);
        await File.WriteAllTextAsync(_directory["web.yml"], "tls_server_config: {cert_file: cert.pem, key_file: key.pem}", Cancel);
        using var exporter = RunningExporter.Protected(_directory.Path, _directory["web.yml"]);
        for (var i = 0; i < Many; i++)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            _slow.Add(socket);
            await socket.ConnectAsync(IPAddress.Loopback, exporter.Port, Cancel);
        }

        using var visitor = new Visitor(exporter, authority);

        Assert.Equal(HttpStatusCode.OK, await visitor.StatusAsync());
    }

    [Fact]
    public async Task Who_does_not_finish_a_request_is_cut_off()
    {
        using var exporter = RunningExporter.Serving(_directory.Path);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, exporter.Port, Cancel);
        await client.GetStream().WriteAsync("GET /metrics HTTP/1.1\r\nHost: a\r\nA"u8.ToArray(), Cancel);

        using var reader = new StreamReader(client.GetStream());

        Assert.StartsWith("HTTP/1.1 408 ", await reader.ReadToEndAsync(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_does_not_read_the_answers_is_cut_off()
    {
        using var exporter = RunningExporter.Serving(_directory.Path);
        var requests = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 3000)));
        for (var i = 0; i < 10; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
            _slow.Add(socket);
            await socket.ConnectAsync(IPAddress.Loopback, exporter.Port, Cancel);
            await socket.SendAsync(requests, Cancel);
        }
        await UntilAsync(() => Connections(exporter) == _slow.Count);

        await UntilAsync(() => Connections(exporter) == 0);
    }

    [Theory]
    [InlineData("/metrics?{0}", "", 8192, HttpStatusCode.RequestUriTooLong)]
    [InlineData("/metrics", "{0}", 32768, HttpStatusCode.RequestHeaderFieldsTooLarge)]
    public async Task What_is_too_long_is_refused(string path, string header, int length, HttpStatusCode status)
    {
        using var exporter = RunningExporter.Serving(_directory.Path);
        var filler = new string('a', length);
        using var request = new HttpRequestMessage(HttpMethod.Get, path.Replace("{0}", filler, StringComparison.Ordinal));
        if (header.Length > 0) request.Headers.Add("X-Long", filler);

        using var answer = await exporter.Client.SendAsync(request, Cancel);

        Assert.Equal(status, answer.StatusCode);
    }

    // The exporter's ends, as the kernel lists them: number, local address, remote address, 01 for established.
    private static int Connections(RunningExporter exporter) => File.ReadLines("/proc/net/tcp")
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Count(words => words[1].EndsWith($":{exporter.Port:X4}", StringComparison.Ordinal) && words[3] == "01");

    private static async Task UntilAsync(Func<bool> isSo)
    {
        for (var i = 0; !isSo(); i++)
        {
            Assert.True(i < 600, "after a minute it is still not so");
            await Task.Delay(100, Cancel);
        }
    }

    private static async Task<HttpStatusCode> StatusAsync(RunningExporter exporter)
    {
        using var visitor = new Visitor(exporter);
        return await visitor.StatusAsync();
    }
}

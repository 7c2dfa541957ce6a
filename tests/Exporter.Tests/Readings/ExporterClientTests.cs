using System.Net;
using System.Net.Sockets;
using GunicornPrometheusExporter.Exporter.Readings;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.Readings;

public sealed class ExporterClientTests
{
    [Theory]
    [InlineData("https", false, "https://{0}/metrics does not speak TLS; use http:// in place of https://")]
    [InlineData("http", true, "http://{0}/metrics closed the connection without an answer; " +
        "use https:// if it speaks TLS, and check that this is an exporter's address")]
    [InlineData("http", false, "http://{0}/metrics did not return Prometheus metrics (got: hi); check that this is an exporter's address")]
    public async Task A_client_says_what_the_other_end_speaks(string scheme, bool closes, string message)
    {
        var end = TestContext.Current.CancellationToken;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = listener.LocalEndpoint.ToString()!;
        var answered = AnswerAsync(listener, closes, end);
        using var client = new ExporterClient(Target.Parse($"{scheme}://{address}")!.At("/metrics"));

        var failure = await Assert.ThrowsAsync<ReadingException>(() => client.ReadSamplesAsync(end));

        Assert.Equal(string.Format(null, message, address), failure.Message);
        listener.Stop();
        await answered;
    }

    /// <summary>Answers with a page that has no metrics, or closes each connection, as a server does that expects TLS.</summary>
    private static async Task AnswerAsync(TcpListener listener, bool closes, CancellationToken end)
    {
        while (true)
        {
            TcpClient connection;
            try
            {
                connection = await listener.AcceptTcpClientAsync(end);
            }
            catch (Exception e) when (e is SocketException or InvalidOperationException)
            {
                return; // The test has stopped the listener.
            }
            using var _ = connection;
            await using var stream = connection.GetStream();
            await stream.ReadAtLeastAsync(new byte[4096], 1, cancellationToken: end);
            if (!closes) await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"u8.ToArray(), end);
        }
    }
}

using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace GunicornPrometheusExporter.Published.Tests;

public sealed class NegotiationTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("*/*", "text/plain; version=0.0.4; charset=utf-8")]
    [InlineData("text/plain; version=1.0.0; escaping=dots", "text/plain; version=1.0.0; charset=utf-8; escaping=dots")]
    [InlineData("application/openmetrics-text", "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores")]
    [InlineData(
        "application/vnd.google.protobuf",
        "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited; escaping=underscores")]
    public async Task The_content_type_is_that_of_the_format(string accept, string contentType)
    {
        using var exporter = RunningExporter.Serving(_directory.Path);

        foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Head])
        {
            using var answer = await SendAsync(exporter, method, "/metrics", ("Accept", accept));

            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal(contentType, answer.Content.Headers.ContentType?.ToString());
            Assert.Equal(["Accept", "Accept-Encoding"], answer.Headers.Vary);
            Assert.True(answer.Content.Headers.ContentLength > 0);
        }
    }

    [Fact]
    public async Task A_compressed_answer_is_the_plain_one_by_gzip()
    {
        using var exporter = RunningExporter.Serving(_directory.Path);

        using var answer = await SendAsync(exporter, HttpMethod.Get, "/metrics?name[]=gunicorn_up", ("Accept-Encoding", "gzip"));

        Assert.Equal(["gzip"], answer.Content.Headers.ContentEncoding);
        await using var gzip = new GZipStream(await answer.Content.ReadAsStreamAsync(Cancel), CompressionMode.Decompress);
        using var text = new StreamReader(gzip);
        Assert.Equal(
            await exporter.Client.GetStringAsync("/metrics?name[]=gunicorn_up", Cancel), await text.ReadToEndAsync(Cancel));
    }

    [Fact]
    public async Task Only_what_is_named_is_served()
    {
        using var exporter = RunningExporter.Serving(_directory.Path);

        var text = await exporter.Client.GetStringAsync("/metrics?name[]=gunicorn_up&name%5B%5D=gunicorn_workers", Cancel);

        Assert.Equal(
            ["gunicorn_up 0.0", "gunicorn_workers{state=\"live\"} 0.0"],
            text.Split('\n').Where(line => line.Length > 0 && line[0] != '#'));
    }

    [Fact]
    public async Task A_client_that_does_not_read_holds_no_other()
    {
        // More than the sockets' own buffers take.
        await Python.WriteCountersAsync(_directory.Path, "app_orders", 100_000);
        using var exporter = RunningExporter.Serving(_directory.Path);
        using var slow = new TcpClient();
        slow.ReceiveBufferSize = 4096;
        await slow.ConnectAsync(IPAddress.Loopback, exporter.Client.BaseAddress!.Port, Cancel);
        await slow.GetStream().WriteAsync("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray(), Cancel);
        var first = new byte[17];
        await slow.GetStream().ReadExactlyAsync(first, Cancel);
        Assert.Equal("HTTP/1.1 200 OK\r\n", Encoding.ASCII.GetString(first));

        for (var i = 0; i < 5; i++)
        {
            Assert.Contains("app_orders_total{n=\"99999\"} 1.0\n", await exporter.ScrapeAsync(), StringComparison.Ordinal);
        }
    }

    private static Task<HttpResponseMessage> SendAsync(
        RunningExporter exporter, HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, path);
        foreach (var (name, value) in headers) Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        return exporter.Client.SendAsync(request, Cancel);
    }
}

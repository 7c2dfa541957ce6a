using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Xunit;

namespace GunicornPrometheusExporter.Published.Tests;

public sealed class ControlTests : IDisposable
{
    private const string Secret = "correct-horse-battery-staple";

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_control_socket_is_its_users_own_and_shows_what_a_scrape_shows()
    {
        using var exporter = RunningExporter.Serving(_directory.Path);
        using var control = await ControlAsync(_directory.Path);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_directory["control.sock"]));
        Assert.Contains("gunicorn_up", await control.GetStringAsync("/metrics", Cancel), StringComparison.Ordinal);
        Assert.Equal("{}", await control.GetStringAsync("/forwarders", Cancel));
        Assert.Equal(HttpStatusCode.NotFound, (await exporter.Client.GetAsync("/forwarders", Cancel)).StatusCode);
    }

    [Fact]
    public async Task What_an_exporter_that_was_killed_left_is_replaced()
    {
        using var first = RunningExporter.Serving(_directory.Path);
        (await ControlAsync(_directory.Path)).Dispose();
        first.Kill();
        using var second = RunningExporter.Serving(_directory.Path);

        using var control = await ControlAsync(_directory.Path);

        Assert.Equal("{}", await control.GetStringAsync("/forwarders", Cancel));
    }

    [Fact]
    public async Task A_store_may_have_a_longer_path_than_an_address_holds()
    {
        var store = Directory.CreateDirectory(_directory[new string('d', 120)]).FullName;
        using var exporter = RunningExporter.Serving(store);
        await exporter.ScrapeAsync();
        // A link beside it gives the test an address short enough.
        var link = Directory.CreateSymbolicLink(_directory["link"], store).FullName;

        using var control = await ControlAsync(link);

        Assert.Equal("{}", await control.GetStringAsync("/forwarders", Cancel));
    }

    [Fact]
    public async Task One_exporter_of_a_store_forwards_at_a_time()
    {
        (string, string)[] forwarding = [("REDIS_ENABLED", "true"), ("REDIS_PORT", $"{FreePort.Take()}")];
        using var first = RunningExporter.Serving(_directory.Path, forwarding);
        using (var control = await ControlAsync(_directory.Path))
        {
            Assert.Contains("\"redis\"", await control.GetStringAsync("/forwarders", Cancel), StringComparison.Ordinal);
        }
        using var second = RunningExporter.Serving(_directory.Path, forwarding);
        var waiting = await second.ScrapeAsync();

        await first.TerminateAsync();
        second.WaitForLine("forwarding to redis every 30 s");

        Assert.Contains("gunicorn_exporter_forwarder_up{forwarder=\"redis\"} 0.0", waiting, StringComparison.Ordinal);
        Assert.Contains("gunicorn_exporter_forwarder_snapshots_total{forwarder=\"redis\",outcome=\"failed\"} 0.0", waiting, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_place_that_cannot_be_forwarded_to_is_told_and_stops_nothing_else()
    {
        using var exporter = RunningExporter.Start(
            FreePort.Take(), _directory.Path, ("REDIS_ENABLED", "true"), ("REDIS_FORWARD_INTERVAL", "0"));

        Assert.EndsWith(
            "forwarding to redis not started: REDIS_FORWARD_INTERVAL is \"0\"; set it to a whole number of at least 1",
            exporter.WaitForLine("not started"), StringComparison.Ordinal);
        exporter.WaitForLine("listening on");
        Assert.Contains("gunicorn_up", await exporter.ScrapeAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_password_reaches_neither_a_status_nor_the_log()
    {
        using var exporter = RunningExporter.Serving(_directory.Path);
        using var control = await ControlAsync(_directory.Path);
        var settings = new Dictionary<string, string> { ["REDIS_PASSWORD"] = Secret, ["REDIS_PORT"] = $"{FreePort.Take()}" };
        using var added = await control.PutAsJsonAsync("/forwarders/mine", new { destination = "redis", settings }, Cancel);
        using var started = await control.PostAsync("/forwarders/mine/start", null, Cancel);
        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NoContent), (added.StatusCode, started.StatusCode));

        var line = exporter.WaitForLine("failed, retrying");
        var status = await control.GetFromJsonAsync<JsonElement>("/forwarders", Cancel);
        var said = line + status + await exporter.ScrapeAsync() + string.Concat((await exporter.TerminateAsync()).Log);

        Assert.Equal("failing", status.GetProperty("mine").GetProperty("state").GetString());
        Assert.DoesNotContain(Secret, said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/forwarders/x", """{"destination": "nowhere"}""", "\"nowhere\" is not a destination; use redis")]
    [InlineData("/forwarders/a%20b", """{"destination": "redis"}""", "\"a b\" is not a valid forwarder name; use letters, digits, _, - and .")]
    [InlineData("/forwarders/x", """{"destination": "redis", "settings": {"REDIS_HOTS": "x"}}""", "REDIS_HOTS is not a setting")]
    [InlineData("/forwarders/x", """{"destination": "redis", "settings": {"REDIS_PORT": "0"}}""", "REDIS_PORT is \"0\"; set it to")]
    [InlineData("/forwarders/x", """{"destination": 1}""", "invalid request body: ")]
    public async Task What_is_asked_for_wrongly_is_refused_with_one_sentence(string path, string body, string sentence)
    {
        using var exporter = RunningExporter.Serving(_directory.Path);
        using var control = await ControlAsync(_directory.Path);

        using var content = new StringContent(body);
        using var answer = await control.PutAsync(path, content, Cancel);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var error = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel);
        Assert.StartsWith(sentence, error.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    /// <summary>A client of the control socket, once it answers.</summary>
    private static async Task<HttpClient> ControlAsync(string store)
    {
        var control = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancel) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(store, "control.sock")), cancel);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        { BaseAddress = new Uri("http://exporter") };
        for (var tries = 0; ; tries++)
        {
            try
            {
                await control.GetStringAsync("/forwarders", Cancel);
                return control;
            }
            catch (HttpRequestException) when (tries < 1200)
            {
                await Task.Delay(50, Cancel);
            }
        }
    }
}

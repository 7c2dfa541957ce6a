using System.Net;
using Xunit;

namespace GunicornPrometheusExporter.Published.Tests.Web;

public sealed class UserTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string WebConfig => _directory["web.yml"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Nothing_is_readable_without_the_password_on_any_path()
    {
        using var exporter = Protected(("alice", "right"));
        using var visitor = new Visitor(exporter);

        foreach (var path in (string[])["/", "/metrics", "/metrics?name[]=up", "/-/healthy", "/-/ready", "/status.css", "/status.js", "/runbooks", "/nowhere"])
        {
            using var answer = await visitor.GetAsync(path);

            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            Assert.Equal("Basic realm=\"metrics\", charset=\"UTF-8\"", answer.Headers.WwwAuthenticate.ToString());
            Assert.Equal("Unauthorized\n", await answer.Content.ReadAsStringAsync(Cancel));
        }
    }

    [Fact]
    public async Task A_hub_asks_for_the_password_too()
    {
        Write(("alice", "right"));
        using var hub = RunningExporter.Hub(WebConfig);
        using var visitor = new Visitor(hub);

        Assert.Equal(HttpStatusCode.Unauthorized, await visitor.StatusAsync("/"));
        Assert.Equal(HttpStatusCode.Unauthorized, await visitor.StatusAsync());
        Assert.Equal(HttpStatusCode.OK, await visitor.As("alice", "right").StatusAsync());
    }

    [Fact]
    public async Task A_user_is_let_in_with_the_right_password_only()
    {
        using var exporter = Protected(("alice", "right"), ("bob", "pa:ß"));

        foreach (var (user, password, status) in ((string, string, HttpStatusCode)[])[
            ("alice", "right", HttpStatusCode.OK),
            ("alice", "wrong", HttpStatusCode.Unauthorized),
            ("alice", "", HttpStatusCode.Unauthorized),
            ("bob", "pa:ß", HttpStatusCode.OK),
            ("bob", "right", HttpStatusCode.Unauthorized),
            ("eve", "right", HttpStatusCode.Unauthorized),
            ("", "", HttpStatusCode.Unauthorized)])
        {
            using var visitor = new Visitor(exporter).As(user, password);

            Assert.Equal(status, await visitor.StatusAsync());
            Assert.Equal(status, await visitor.StatusAsync("/-/healthy"));
        }
    }

    [Theory]
    [InlineData("Basic")]
    [InlineData("Basic !!!")]
    [InlineData("Basic YWxpY2U=")]
    [InlineData("Bearer YWxpY2U6cmlnaHQ=")]
    [InlineData("YWxpY2U6cmlnaHQ=")]
    public async Task What_is_no_basic_authentication_is_refused(string authorization)
    {
        using var exporter = Protected(("alice", "right"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        request.Headers.TryAddWithoutValidation("Authorization", authorization);

        using var answer = await exporter.Client.SendAsync(request, Cancel);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Fact]
    public async Task Changed_users_are_in_force_at_once_on_open_connections_too()
    {
        using var exporter = Protected(("alice", "old"));
        using var visitor = new Visitor(exporter).As("alice", "old");
        Assert.Equal(HttpStatusCode.OK, await visitor.StatusAsync());

        Write(("alice", "new"));

        Assert.Equal(HttpStatusCode.Unauthorized, await visitor.StatusAsync());
        Assert.Equal(HttpStatusCode.OK, await visitor.As("alice", "new").StatusAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData("basic_auth_users:\n  alice: SECRET\n")]
    [InlineData("basic_auth_users: {")]
    public async Task A_changed_file_that_is_wrong_opens_nothing_and_is_logged_once_without_secrets(string text)
    {
        using var exporter = Protected(("alice", "right"));
        using var alice = new Visitor(exporter).As("alice", "right");
        using var eve = new Visitor(exporter);

        await File.WriteAllTextAsync(WebConfig, text, Cancel);

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(HttpStatusCode.OK, await alice.StatusAsync());
            Assert.Equal(HttpStatusCode.Unauthorized, await eve.StatusAsync());
        }
        var (_, log) = await exporter.TerminateAsync();
        Assert.Contains(WebConfig, Assert.Single(log, line => line.Contains("keeping the previous configuration", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.DoesNotContain(log, line => line.Contains("SECRET", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_file_that_is_gone_leaves_its_users_in_force()
    {
        using var exporter = Protected(("alice", "right"));
        using var eve = new Visitor(exporter);

        File.Delete(WebConfig);

        Assert.Equal(HttpStatusCode.Unauthorized, await eve.StatusAsync());
        Assert.Contains("does not exist", exporter.WaitForLine("keeping the previous configuration"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hundreds_who_guess_do_not_keep_a_user_from_an_answer_and_leave_nothing_in_the_log()
    {
        Write(cost: 10, ("alice", "right"));
        using var exporter = RunningExporter.Protected(_directory.Path, WebConfig);
        using var alice = new Visitor(exporter).As("alice", "right");
        Assert.Equal(HttpStatusCode.OK, await alice.StatusAsync());
        var guessers = Enumerable.Range(0, 200).Select(i => new Visitor(exporter).As("alice", $"{i}")).ToArray();
        var guesses = guessers.Select(guesser => guesser.IsWelcomeAsync()).ToArray();

        for (var i = 0; i < 20; i++)
        {
            using var again = new Visitor(exporter).As("alice", "right");
            Assert.Equal(HttpStatusCode.OK, await again.StatusAsync());
        }

        Assert.Contains(guesses, guess => !guess.IsCompleted);
        var (_, log) = await exporter.TerminateAsync();
        // A machine that has other work too may have the server say that it is late, once.
        Assert.InRange(log.Length, 0, 5);
        Assert.DoesNotContain(true, await Task.WhenAll(guesses));
        foreach (var guesser in guessers) guesser.Dispose();
    }

    [Fact]
    public async Task Headers_are_on_every_answer()
    {
        Write(("alice", "right"));
        await File.AppendAllTextAsync(WebConfig, "http_server_config: {headers: {X-Frame-Options: deny}}\n", Cancel);
        using var exporter = RunningExporter.Protected(_directory.Path, WebConfig);
        using var visitor = new Visitor(exporter);

        using var refused = await visitor.GetAsync("/metrics");
        using var answer = await visitor.As("alice", "right").GetAsync("/-/healthy");

        Assert.Equal("deny", refused.Headers.GetValues("X-Frame-Options").Single());
        Assert.Equal("deny", answer.Headers.GetValues("X-Frame-Options").Single());
    }

    [Theory]
    [InlineData("top")]
    [InlineData("check")]
    public async Task A_command_that_reads_an_exporter_may_be_given_a_user(string command)
    {
        using var exporter = Protected(("alice", "ri@ht"));
        var address = $"127.0.0.1:{exporter.Port}";

        var refused = await Executable.RunAsync([command, address]);
        var known = await Executable.RunAsync([command, $"http://alice:ri%40ht@{address}/metrics"]);

        Assert.Equal(1, refused.Status);
        Assert.Contains(
            $"error: http://{address}/metrics answered with status 401; name a user with access in --http.config.file, or in the URL: http://USER:PASSWORD@HOST:PORT\n",
            refused.Output + refused.Errors, StringComparison.Ordinal);
        Assert.Contains("no live master uses its store", known.Output.Replace("Gunicorn ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("ri@ht", known.Output + known.Errors, StringComparison.Ordinal);
    }

    private RunningExporter Protected(params (string Name, string Password)[] users)
    {
        Write(users);
        return RunningExporter.Protected(_directory.Path, WebConfig);
    }

    private void Write(params (string Name, string Password)[] users) => Write(cost: 4, users);

    private void Write(int cost, params (string Name, string Password)[] users) => File.WriteAllText(WebConfig, "basic_auth_users:\n"
        + string.Concat(users.Select(user => $"  {user.Name}: {BCrypt.Net.BCrypt.HashPassword(user.Password, cost)}\n")));
}

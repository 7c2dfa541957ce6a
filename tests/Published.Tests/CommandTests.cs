using System.Text.Json;
using GunicornPrometheusExporter.Configuration;
using Xunit;

namespace GunicornPrometheusExporter.Published.Tests;

public sealed class CommandTests : IDisposable
{
    private const string Secret = "correct-horse-battery-staple";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_version_is_printed()
    {
        var outcome = await Executable.RunAsync(["--version"]);

        Assert.Equal(0, outcome.Status);
        Assert.Matches(@"^\d+\.\d+\.\d+\n$", outcome.Output);
    }

    [Fact]
    public async Task The_help_names_every_command()
    {
        var outcome = await Executable.RunAsync(["--help"]);

        Assert.Equal(0, outcome.Status);
        Assert.All(
            (string[])["serve", "prepare", "config", "dump"],
            command => Assert.Contains($"\n  {command} ", outcome.Output, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--families.excluded <METRIC>")]
    [InlineData("--listener <ADDRESS>")]
    [InlineData("--web.enable-lifecycle   ")]
    public async Task The_help_says_what_a_flag_takes(string flag)
    {
        var outcome = await Executable.RunAsync(["serve", "--help"]);

        Assert.Contains($"\n  {flag}", outcome.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData()]
    [InlineData("unknown")]
    [InlineData("serve", "--unknown")]
    [InlineData("serve", "--web.listen-address", "9091")]
    [InlineData("serve", "--parent-pid", "me")]
    [InlineData("dump", "--dir", "/nonexistent")]
    [InlineData("config", "--format", "yaml")]
    [InlineData("prepare", "--uid", "-1")]
    [InlineData("top", "ftp://host/metrics")]
    [InlineData("top", "--interval", "0")]
    [InlineData("top", "--interval", "soon")]
    [InlineData("top", "--sort", "colour")]
    [InlineData("incidents", "--since", "soon")]
    [InlineData("incidents", "--since", "-1h")]
    [InlineData("incidents", "--limit", "0")]
    [InlineData("incidents", "--kind", "else")]
    [InlineData("incidents", "ftp://host/metrics")]
    [InlineData("incidents", "/nonexistent")]
    [InlineData("deaths", "--format", "xml")]
    public async Task Wrong_usage_ends_with_status_2_and_a_sentence(params string[] arguments)
    {
        var outcome = await Executable.RunAsync(arguments);

        Assert.Equal(2, outcome.Status);
        Assert.NotEmpty(outcome.Errors);
        // The whole help would hide it.
        if (arguments.Length > 0) Assert.DoesNotContain("\nOptions:", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_listen_address_is_named_with_the_remedy()
    {
        var outcome = await Executable.RunAsync(["serve", "--web.listen-address", "somewhere"]);

        Assert.Contains(
            "--web.listen-address is \"somewhere\"; set it to HOST:PORT with an IP address and a port from 1 to 65535",
            outcome.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_setting_of_the_exporter_can_be_set_by_its_flag()
    {
        var flags = ConfigurationVariables.OfExporter.Except([ConfigurationVariables.ConfigFile]).ToArray();

        var help = await Executable.RunAsync(["serve", "--help"]);
        var outcome = await Executable.RunAsync(
            ["config", .. flags.SelectMany(variable => (string[])[variable.Flag!, (variable.Default ?? variable.Example)!])]);

        Assert.All(flags, variable =>
        {
            Assert.Contains($" {variable.Flag} ", help.Output, StringComparison.Ordinal);
            Assert.Matches($"(?m)^  {variable.Name} = .* \\(flag\\)$", outcome.Output);
        });
        Assert.Equal("", outcome.Errors);
    }

    [Fact]
    public async Task Serve_names_every_variable_that_cannot_be_used()
    {
        var outcome = await Executable.RunAsync(
            ["serve", "--multiproc-dir", _directory.Path], ("PROMETHEUS_METRICS_PORT", "abc"), ("GUNICORN_EXPORTER_MAX_SERIES", "0"));

        Assert.Equal(2, outcome.Status);
        Assert.Equal(
            "error: PROMETHEUS_METRICS_PORT is \"abc\"; set it to a whole number from 1 to 65535\n" +
            "error: GUNICORN_EXPORTER_MAX_SERIES is \"0\"; set it to a whole number of at least 1\n",
            LogLines.ErrorsOf(outcome.Errors));
    }

    [Fact]
    public async Task A_valid_configuration_is_printed_as_JSON()
    {
        var outcome = await Executable.RunAsync(
            ["config", "--format", "json"], ("GUNICORN_WORKERS", "4"), ("PROMETHEUS_MULTIPROC_DIR", _directory.Path));

        Assert.Equal(0, outcome.Status);
        var json = JsonDocument.Parse(outcome.Output).RootElement;
        Assert.True(json.GetProperty("valid").GetBoolean());
        Assert.Equal(0, json.GetProperty("errors").GetArrayLength());
        var printed = json.GetProperty("text").GetString()!.Split('\n').Count(line => line.Contains(" = ", StringComparison.Ordinal));
        Assert.Equal(printed, json.GetProperty("config").EnumerateObject().Count());
        Assert.Equal(4, json.GetProperty("config").GetProperty("gunicorn_workers").GetInt32());
        Assert.Equal(JsonValueKind.Null, json.GetProperty("config").GetProperty("redis_password").ValueKind);
        Assert.Equal(4, json.GetProperty("gunicorn").GetProperty("workers").GetInt32());
        Assert.Equal(_directory.Path, json.GetProperty("prometheus").GetProperty("multiproc_dir").GetString());
        Assert.Contains("GUNICORN_WORKERS = 4", json.GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_configuration_is_printed_as_JSON_without_what_cannot_be_used()
    {
        var outcome = await Executable.RunAsync(["config", "--format", "json"], ("PROMETHEUS_METRICS_PORT", "many"));

        Assert.Equal(2, outcome.Status);
        var json = JsonDocument.Parse(outcome.Output).RootElement;
        Assert.False(json.GetProperty("valid").GetBoolean());
        var error = Assert.Single(json.GetProperty("errors").EnumerateArray());
        Assert.Equal("PROMETHEUS_METRICS_PORT", error.GetProperty("variable").GetString());
        Assert.Equal("many", error.GetProperty("value").GetString());
        Assert.Equal("a whole number from 1 to 65535", error.GetProperty("remedy").GetString());
        Assert.False(json.GetProperty("config").TryGetProperty("prometheus_metrics_port", out _));
        Assert.Equal(JsonValueKind.Null, json.GetProperty("prometheus").ValueKind);
        Assert.Equal(JsonValueKind.Object, json.GetProperty("gunicorn").ValueKind);
    }

    [Theory]
    [InlineData("config")]
    [InlineData("config", "--format", "json")]
    [InlineData("prepare")]
    [InlineData("serve")]
    public async Task A_password_is_never_printed(params string[] arguments)
    {
        var outcome = await Executable.RunAsync(
            arguments, ("REDIS_PASSWORD", Secret), ("PROMETHEUS_METRICS_PORT", "many"), ("PROMETHEUS_MULTIPROC_DIR", _directory.Path));

        Assert.Equal(2, outcome.Status);
        Assert.DoesNotContain(Secret, outcome.Output + outcome.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_password_is_never_printed()
    {
        var outcome = await Executable.RunAsync(["config"], ("REDIS_PASSWORD", $"{Secret}\n"), ("REDIS_ENABLED", "true"));

        Assert.Equal(2, outcome.Status);
        Assert.Contains("error: REDIS_PASSWORD is \"********\"; set it to text without line breaks", outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, outcome.Output + outcome.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_is_made_or_refused_with_a_sentence()
    {
        await File.WriteAllTextAsync(_directory["file"], "");

        var made = await Executable.RunAsync(["ensure", "--dir", _directory["store"]]);
        var refused = await Executable.RunAsync(["ensure", "--dir", _directory["file"]]);

        Assert.Equal((0, "{\"ok\":true,\"errors\":[]}\n"), (made.Status, made.Output));
        Assert.True(Directory.Exists(_directory["store"]));
        Assert.Equal(2, refused.Status);
        Assert.Contains("file is not a directory; remove it, or choose another directory", refused.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_output_that_cannot_be_written_is_one_line()
    {
        var outcome = await Executable.RunAsync("/bin/sh", ["-c", "exec \"$0\" config > /dev/full", Executable.Path]);

        Assert.Equal((1, "error: No space left on device\n"), (outcome.Status, outcome.Errors));
    }

    [Fact]
    public async Task Top_says_in_a_sentence_that_nobody_answers()
    {
        var outcome = await Executable.RunAsync(["top", $"http://ops:{Secret}@127.0.0.1:1/metrics"]);

        Assert.Equal(1, outcome.Status);
        Assert.Equal(
            "error: http://127.0.0.1:1/metrics does not answer: Connection refused; check that the exporter runs at this address\n",
            outcome.Errors);
    }

    [Theory]
    [InlineData("--dir")]
    [InlineData("--multiproc-dir")]
    public async Task A_dump_of_a_directory_without_a_store_says_so(string option)
    {
        await File.WriteAllTextAsync(_directory["aliases.db"], "of another program", TestContext.Current.CancellationToken);

        var outcome = await Executable.RunAsync(["dump", option, _directory.Path]);

        Assert.Equal((2, ""), (outcome.Status, outcome.Output));
        Assert.Equal(
            $"error: {_directory.Path} is not a store; name the directory that Gunicorn has as PROMETHEUS_MULTIPROC_DIR by --multiproc-dir\n",
            outcome.Errors);
    }

    [Fact]
    public async Task A_dump_is_of_the_configured_store()
    {
        await Python.WriteCounterAsync(_directory.Path, "app_orders", 3);

        var given = await Executable.RunAsync(["dump", "--multiproc-dir", _directory.Path]);
        var configured = await Executable.RunAsync(["dump"], ("PROMETHEUS_MULTIPROC_DIR", _directory.Path));

        Assert.Contains("app_orders_total 3.0\n", given.Output, StringComparison.Ordinal);
        Assert.Contains("app_orders_total 3.0\n", configured.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task Top_without_a_terminal_that_a_signal_stops_prints_no_stack(string signal)
    {
        using var exporter = RunningExporter.Serving(_directory.Path);

        var outcome = await Executable.RunAsync(
            "timeout", ["-s", signal, "3", Executable.Path, "top", "--interval", "60", $"127.0.0.1:{exporter.Port}"]);

        // On a busy machine the signal may arrive before the command has begun.
        Assert.Contains(outcome.Errors, (string[])["error: stopped by a signal\n", ""]);
    }

    [Fact]
    public async Task A_dump_is_the_exposition_of_a_directory()
    {
        await Python.WriteCounterAsync(_directory.Path, "app_orders", 3);

        var outcome = await Executable.RunAsync(["dump", "--dir", _directory.Path]);

        Assert.Equal(0, outcome.Status);
        Assert.Contains("# TYPE app_orders_total counter\napp_orders_total 3.0\n", outcome.Output, StringComparison.Ordinal);
        Assert.Equal("", outcome.Errors);
    }
}

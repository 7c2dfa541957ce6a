using System.Text.Json;
using GunicornPrometheusExporter.Configuration;
using Xunit;

namespace GunicornPrometheusExporter.Published.Tests;

public sealed class ConfigFileTests : IDisposable
{
    private const string Variable = "GUNICORN_EXPORTER_CONFIG_FILE";

    private readonly TemporaryDirectory _directory = new();

    public ConfigFileTests() => File.WriteAllText(Good, "exporter:\n  gunicorn: {workers: 4}\n  labels: {max_values: 7}\n  redis: {password: hunter2}\n");

    private string Good => _directory["good.yml"];

    private string Bad => _directory["bad.yml"];

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("serve")]
    [InlineData("hub")]
    [InlineData("config", "--check")]
    public async Task Every_command_refuses_a_bad_file_with_all_its_errors(params string[] command)
    {
        await WriteBadAsync();

        var byFlag = await Executable.RunAsync([.. command, "--config.file", Bad]);
        var byVariable = await Executable.RunAsync(command, (Variable, Bad));

        var errors =
            $"error: {Bad}:2:11: exporter.redis.port is \"0\"; set it to a whole number from 1 to 65535\n" +
            $"error: {Bad}:2:20: exporter.redis has no setting \"hots\"; did you mean host?\n";
        Assert.Equal((2, "", errors), (byFlag.Status, byFlag.Output, LogLines.ErrorsOf(byFlag.Errors)));
        Assert.Equal((2, "", errors), (byVariable.Status, byVariable.Output, LogLines.ErrorsOf(byVariable.Errors)));
    }

    [Fact]
    public async Task A_master_is_told_of_a_bad_file_with_all_its_errors()
    {
        await WriteBadAsync();

        var outcome = await Executable.RunAsync(["prepare"], (Variable, Bad));

        Assert.Equal(2, outcome.Status);
        Assert.Equal(2, JsonDocument.Parse(outcome.Output).RootElement.GetProperty("errors").GetArrayLength());
    }

    [Fact]
    public async Task A_master_is_told_what_the_file_states_for_its_workers()
    {
        var outcome = await Executable.RunAsync(["prepare", "--config.file", Good], ("PROMETHEUS_MULTIPROC_DIR", _directory["store"]));

        Assert.Equal("{\"GUNICORN_EXPORTER_MAX_LABEL_VALUES\":\"7\"}", JsonDocument.Parse(outcome.Output).RootElement.GetProperty("recording").GetRawText());
    }

    [Fact]
    public async Task Every_value_is_printed_with_where_it_is_from_and_no_secret()
    {
        string[] flags = ["--config.file", Good, "--multiproc-dir", "/srv/m"];
        var text = await Executable.RunAsync(["config", "--print", .. flags], ("REDIS_HOST", "r"));
        var json = await Executable.RunAsync(["config", "--format", "json", .. flags], ("REDIS_HOST", "r"));

        Assert.Equal(0, text.Status);
        Assert.Contains("  PROMETHEUS_MULTIPROC_DIR = /srv/m (flag)\n", text.Output, StringComparison.Ordinal);
        Assert.Contains("  REDIS_HOST = r (environment)\n", text.Output, StringComparison.Ordinal);
        Assert.Contains($"  GUNICORN_WORKERS = 4 ({Good}:2)\n", text.Output, StringComparison.Ordinal);
        Assert.Contains("  REDIS_PORT = 6379 (default)\n", text.Output, StringComparison.Ordinal);
        var places = JsonDocument.Parse(json.Output).RootElement.GetProperty("places");
        Assert.Equal(
            ("flag", "environment", $"{Good}:2", "default"),
            (Place("prometheus_multiproc_dir"), Place("redis_host"), Place("gunicorn_workers"), Place("redis_port")));
        Assert.DoesNotContain("hunter2", text.Output + text.Errors + json.Output + json.Errors, StringComparison.Ordinal);

        string? Place(string property) => places.GetProperty(property).GetString();
    }

    [Fact]
    public async Task A_good_file_is_checked_without_a_word_unless_its_secrets_are_open()
    {
        File.SetUnixFileMode(Good, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.Equal(new Outcome(0, "", ""), await Executable.RunAsync(["config", "--check", "--config.file", Good]));

        File.SetUnixFileMode(Good, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Assert.StartsWith(
            $"warning: {Good} contains secrets", (await Executable.RunAsync(["config", "--check", "--config.file", Good])).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_example_is_the_one_of_the_engine()
    {
        using var example = new StringWriter();
        ExampleFile.Write(example);

        Assert.Equal(example.ToString(), (await Executable.RunAsync(["config", "--example"])).Output);
    }

    [Fact]
    public async Task Two_things_to_print_are_refused() =>
        Assert.Equal(2, (await Executable.RunAsync(["config", "--check", "--example"])).Status);

    private Task WriteBadAsync() => File.WriteAllTextAsync(Bad, "exporter:\n  redis: {port: 0, hots: a}\n");
}

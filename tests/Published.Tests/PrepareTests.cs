using System.Text.Json;
using Xunit;

namespace GunicornPrometheusExporter.Published.Tests;

public sealed class PrepareTests : IDisposable
{
    private const string Nobody = "65534";

    private readonly TemporaryDirectory _directory = new();

    public PrepareTests() => File.SetUnixFileMode(_directory.Path, (UnixFileMode)0x1ED);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_answer_says_where_the_masters_values_lie()
    {
        var (status, json) = await PrepareAsync("store");

        Assert.Equal(0, status);
        Assert.True(json.GetProperty("ok").GetBoolean());
        Assert.Equal(_directory["store"], json.GetProperty("directory").GetString());
        Assert.Equal(1048577, json.GetProperty("pid_byte").GetInt64());
        Assert.Equal((8 << 20) + 1048577, json.GetProperty("life_byte").GetInt64());
        Assert.Equal(0, json.GetProperty("other_masters").GetArrayLength());
        Assert.Equal("master-1.run", json.GetProperty("run_file").GetString());
        Assert.Equal("master-1.exits", json.GetProperty("exits_file").GetString());
        var workers = json.GetProperty("series").EnumerateArray().Single(
            series => series.GetProperty("family").GetString() == "gunicorn_workers");
        Assert.Equal("configured", workers.GetProperty("labels").GetProperty("state").GetString());
        var file = workers.GetProperty("file").GetString()!;
        Assert.Equal("gauge_livesum_master-1.db", file);
        Assert.Equal(0, BitConverter.ToDouble(File.ReadAllBytes(Path.Combine(_directory["store"], file)), workers.GetProperty("offset").GetInt32()));
    }

    [Fact]
    public async Task The_store_belongs_to_the_workers_user()
    {
        RequireRoot();

        var (status, _) = await PrepareAsync("store", "--uid", Nobody, "--gid", Nobody);

        Assert.Equal(0, status);
        var listed = await Executable.RunAsync("/usr/bin/stat", ["-c", "%u:%g %a", _directory["store"]]);
        Assert.Equal("65534:65534 700\n", listed.Output);
        foreach (var path in Directory.GetFiles(_directory["store"]))
        {
            Assert.StartsWith("65534:65534 ", (await Executable.RunAsync("/usr/bin/stat", ["-c", "%u:%g %a", path])).Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_directory_that_the_workers_cannot_write_is_refused_with_the_remedy()
    {
        RequireRoot();
        Directory.CreateDirectory(_directory["store"]);

        var (status, json) = await PrepareAsync("store", "--uid", Nobody, "--gid", Nobody);

        Assert.Equal(2, status);
        Assert.False(json.GetProperty("ok").GetBoolean());
        Assert.Equal(
            $"PROMETHEUS_MULTIPROC_DIR: {_directory["store"]} cannot be written by user 65534 (Permission denied); " +
            "give it to that user (chown), or choose another directory",
            Assert.Single(json.GetProperty("errors").EnumerateArray()).GetString());
    }

    [Fact]
    public async Task Only_root_prepares_for_another_user()
    {
        RequireRoot();
        File.SetUnixFileMode(_directory.Path, (UnixFileMode)0x1FF);

        var outcome = await Executable.RunAsync(
            "/usr/bin/setpriv",
            ["--reuid", Nobody, "--regid", Nobody, "--clear-groups", await Executable.CopyToAsync(_directory.Path), "prepare", "--uid", "1", "--gid", "1"],
            ("PROMETHEUS_MULTIPROC_DIR", _directory["store"]));

        Assert.Equal(2, outcome.Status);
        Assert.Contains("user 65534 cannot become user 1 and group 1", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_user_prepares_for_himself()
    {
        RequireRoot();
        File.SetUnixFileMode(_directory.Path, (UnixFileMode)0x1FF);

        var outcome = await Executable.RunAsync(
            "/usr/bin/setpriv",
            ["--reuid", Nobody, "--regid", Nobody, "--clear-groups", await Executable.CopyToAsync(_directory.Path), "prepare", "--uid", Nobody, "--gid", Nobody],
            ("PROMETHEUS_MULTIPROC_DIR", _directory["store"]));

        Assert.Equal("", outcome.Errors);
        Assert.Equal(0, outcome.Status);
    }

    [Fact]
    public async Task Every_bad_variable_is_an_error_of_its_own()
    {
        var outcome = await Executable.RunAsync(
            ["prepare"], ("PROMETHEUS_MULTIPROC_DIR", _directory["store"]), ("PROMETHEUS_METRICS_PORT", "0"), ("CLEANUP_DB_FILES", "perhaps"));

        Assert.Equal(2, outcome.Status);
        Assert.Equal(2, JsonDocument.Parse(outcome.Output).RootElement.GetProperty("errors").GetArrayLength());
        Assert.False(Directory.Exists(_directory["store"]));
    }

    [Fact]
    public async Task Preparations_at_once_leave_one_whole_store()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => PrepareAsync("store")));

        Assert.All(answers, answer => Assert.Equal(0, answer.Status));
        Assert.Single(answers.Select(answer => answer.Json.GetProperty("series").ToString()).Distinct());
        Assert.Empty(Directory.GetFiles(_directory["store"], "*.new"));
    }

    private async Task<(int Status, JsonElement Json)> PrepareAsync(string name, params string[] arguments)
    {
        var outcome = await Executable.RunAsync(
            ["prepare", "--format", "json", .. arguments], ("PROMETHEUS_MULTIPROC_DIR", _directory[name]));
        return (outcome.Status, JsonDocument.Parse(outcome.Output).RootElement);
    }

    private static void RequireRoot() => Assert.SkipUnless(Environment.UserName == "root", "only root can prepare for another user");
}

using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Xunit;

namespace GunicornPrometheusExporter.Published.Tests;

public sealed class ReloadTests : IDisposable
{
    private const string Broken = "exporter:\n  redis: {port: 0, hots: hunter2}\n";
    private const string InForce = "configuration reloaded";

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Path => _directory["exporter.yml"];

    private (string, string) File => ("GUNICORN_EXPORTER_CONFIG_FILE", Path);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_hang_up_takes_on_what_the_file_says_now()
    {
        Directory.CreateDirectory(_directory["store"]);
        await Python.WriteCountersAsync(_directory["store"], "app_orders", 20);
        Write("exporter: {prometheus: {max_series: 5}}");
        using var exporter = RunningExporter.Serving(_directory["store"], File);
        var before = await exporter.ScrapeAsync();
        Assert.DoesNotContain("app_orders_total{n=\"19\"}", before, StringComparison.Ordinal);
        Assert.Equal(1, Value(before, "gunicorn_exporter_config_last_reload_successful"));

        Write($"exporter: {{redis: {{enabled: true, port: {FreePort.Take()}}}}}");
        await exporter.HangUpAsync();

        exporter.WaitForLine(InForce);
        var after = await exporter.ScrapeAsync();
        Assert.Contains("\napp_orders_total{n=\"19\"} 1.0\n", after, StringComparison.Ordinal);
        Assert.Contains("gunicorn_exporter_forwarder_up{forwarder=\"redis\"}", after, StringComparison.Ordinal);
        Assert.Equal(0, Value(after, "gunicorn_exporter_series_dropped"));
        const string time = "gunicorn_exporter_config_last_reload_success_timestamp_seconds";
        Assert.True(Value(after, time) > Value(before, time));

        Write("");
        await exporter.HangUpAsync();

        exporter.WaitForLine(InForce);
        Assert.DoesNotContain("gunicorn_exporter_forwarder_up", await exporter.ScrapeAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broken_file_leaves_the_one_before_in_force_and_is_told_of()
    {
        Write($"exporter: {{redis: {{enabled: true, port: {FreePort.Take()}}}}}");
        using var exporter = RunningExporter.Serving(_directory["store"], File);

        Write(Broken);
        await exporter.HangUpAsync();

        const string refused = "configuration reload failed; keeping the previous one: ";
        Assert.EndsWith(
            $"{refused}{Path}:2:11: exporter.redis.port is \"0\"; set it to a whole number from 1 to 65535", exporter.WaitForLine(refused), StringComparison.Ordinal);
        Assert.EndsWith($"{refused}{Path}:2:20: exporter.redis has no setting \"hots\"; did you mean host?", exporter.WaitForLine(refused), StringComparison.Ordinal);
        var text = await exporter.ScrapeAsync();
        Assert.Equal(0, Value(text, "gunicorn_exporter_config_last_reload_successful"));
        Assert.Contains("gunicorn_exporter_forwarder_up{forwarder=\"redis\"}", text, StringComparison.Ordinal);

        Write("exporter:");
        await exporter.HangUpAsync();
        exporter.WaitForLine(InForce);
        Assert.Equal(1, Value(await exporter.ScrapeAsync(), "gunicorn_exporter_config_last_reload_successful"));
    }

    [Fact]
    public async Task Settings_that_make_no_sense_together_leave_the_ones_before_in_force()
    {
        Write("exporter: {remote_write: {url: 'http://127.0.0.1:1/'}}");
        using var exporter = RunningExporter.Serving(_directory["store"], File);

        Write("exporter: {remote_write: {url: 'http://127.0.0.1:1/', password: hunter2, password_file: /a}}");
        await exporter.HangUpAsync();

        Assert.DoesNotContain("hunter2", exporter.WaitForLine("keeping the previous one: "), StringComparison.Ordinal);
        Assert.Equal(0, Value(await exporter.ScrapeAsync(), "gunicorn_exporter_config_last_reload_successful"));
    }

    [Fact]
    public async Task What_cannot_change_while_it_runs_is_named()
    {
        Write("");
        using var exporter = RunningExporter.Serving(_directory["store"], File);

        Write("exporter: {prometheus: {bind_address: '::1', metrics_port: 1}, labels: {max_values: 9}}");
        await exporter.HangUpAsync();

        exporter.WaitForLine("changed settings take effect when Gunicorn reloads: GUNICORN_EXPORTER_MAX_LABEL_VALUES");
        exporter.WaitForLine("changed settings take effect after a restart: PROMETHEUS_METRICS_PORT, PROMETHEUS_BIND_ADDRESS");
        exporter.WaitForLine(InForce);
    }

    [Fact]
    public async Task A_forwarder_that_begins_anew_stays_with_the_store_of_the_start()
    {
        Directory.CreateDirectory(_directory["store"]);
        Directory.CreateDirectory(_directory["other"]);
        WriteStore("store");
        using var process = Process.Start(Executable.StartInfo(Executable.Path, ["serve"], [File]))!;
        try
        {
            await WaitForAsync(process, "forwarding to redis failed, retrying");

            WriteStore("other");
            using var kill = Process.Start("kill", ["-HUP", $"{process.Id}"]);
            await WaitForAsync(process, InForce);
            await WaitForAsync(process, "forwarding to redis failed, retrying");

            Assert.True(System.IO.File.Exists(_directory["store/incarnation"]));
            Assert.False(System.IO.File.Exists(_directory["other/incarnation"]));
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(Cancel);
        }
    }

    [Fact]
    public async Task A_request_reads_the_file_anew_where_that_is_allowed()
    {
        Write("exporter: {web: {enable_lifecycle: true}}");
        using var exporter = RunningExporter.Serving(_directory["store"], File);

        using var done = await exporter.Client.PostAsync("/-/reload", null, Cancel);
        Assert.Equal((HttpStatusCode.OK, "reloaded\n"), (done.StatusCode, await done.Content.ReadAsStringAsync(Cancel)));

        Write(Broken);
        using var refused = await exporter.Client.PostAsync("/-/reload", null, Cancel);
        Assert.Equal(HttpStatusCode.InternalServerError, refused.StatusCode);
        Assert.Equal(2, (await refused.Content.ReadAsStringAsync(Cancel)).TrimEnd().Split('\n').Length);
        Assert.Equal(0, Value(await exporter.ScrapeAsync(), "gunicorn_exporter_config_last_reload_successful"));
    }

    [Fact]
    public async Task A_request_is_refused_where_it_is_not_allowed_and_if_it_only_asks()
    {
        using var exporter = RunningExporter.Serving(_directory["store"]);

        using var posted = await exporter.Client.PostAsync("/-/reload", null, Cancel);
        using var asked = await exporter.Client.GetAsync("/-/reload", Cancel);

        Assert.Equal(HttpStatusCode.Forbidden, posted.StatusCode);
        Assert.Contains("--web.enable-lifecycle", await posted.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, asked.StatusCode);
    }

    [Fact]
    public async Task A_hub_reads_its_file_anew_too()
    {
        var (former, next) = (FreePort.Take(), FreePort.Take());
        Write($"exporter: {{redis: {{port: {former}}}}}");
        using var hub = RunningExporter.Hub(File);
        var errors = Value(await hub.ScrapeAsync(), "gunicorn_hub_source_errors_total");

        Write(Broken);
        await hub.HangUpAsync();
        hub.WaitForLine("keeping the previous one");
        Assert.Equal(0, Value(await hub.ScrapeAsync(), "gunicorn_exporter_config_last_reload_successful"));

        Write($"exporter: {{redis: {{port: {next}}}}}");
        await hub.HangUpAsync();
        hub.WaitForLine(InForce);
        var after = await hub.ScrapeAsync();
        Assert.Equal(1, Value(after, "gunicorn_exporter_config_last_reload_successful"));
        Assert.True(Value(after, "gunicorn_hub_source_errors_total") > errors);
    }

    private static async Task WaitForAsync(Process process, string text)
    {
        while (await process.StandardError.ReadLineAsync(Cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(60), Cancel) is { } line)
        {
            if (line.Contains(text, StringComparison.Ordinal)) return;
        }
        Assert.Fail($"the exporter ended without a line that holds \"{text}\"");
    }

    private void WriteStore(string store) => Write(
        $"exporter: {{prometheus: {{multiproc_dir: {_directory[store]}, bind_address: 127.0.0.1, metrics_port: {FreePort.Take()}}}, " +
        $"redis: {{enabled: true, port: {FreePort.Take()}}}}}");

    private void Write(string text) => System.IO.File.WriteAllText(Path, text);

    private static double Value(string text, string name) => double.Parse(
        Regex.Match(text, $"^{name}(?:{{.*}})? (.+)$", RegexOptions.Multiline).Groups[1].Value, CultureInfo.InvariantCulture);
}

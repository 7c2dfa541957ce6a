using System.Net;
using Xunit;

namespace GunicornPrometheusExporter.Published.Tests;

/// <summary>An exporter whose store is damaged.</summary>
public sealed class HealthTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_damaged_archive_keeps_nothing_else_from_being_served_and_health_reports_it_until_it_is_removed()
    {
        await Python.WriteCounterAsync(_directory.Path, "app_orders", 3);
        WriteGiant("counter_archive.db", 3L << 30);
        using var exporter = RunningExporter.Serving(_directory.Path);

        var text = await WaitForAsync(exporter, "/-/healthy", HttpStatusCode.ServiceUnavailable);
        Assert.StartsWith("not healthy: folding fails: ", text, StringComparison.Ordinal);
        Assert.Contains("remove it", text, StringComparison.Ordinal);
        Assert.Equal(1, text.Count(c => c == '\n'));
        Assert.StartsWith(
            "not ready: folding fails: ", await WaitForAsync(exporter, "/-/ready", HttpStatusCode.ServiceUnavailable), StringComparison.Ordinal);
        var metrics = await exporter.ScrapeAsync();
        Assert.Contains("\napp_orders_total 3.0\n", metrics, StringComparison.Ordinal);
        Assert.Contains("\ngunicorn_exporter_background_failures_total{work=\"accounting\"} 0.0\n", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain("\ngunicorn_exporter_background_failures_total{work=\"folding\"} 0.0\n", metrics, StringComparison.Ordinal);
        exporter.WaitForLine("counter_archive.db is damaged; remove it");

        File.Delete(_directory["counter_archive.db"]);

        Assert.Equal("healthy\n", await WaitForAsync(exporter, "/-/healthy", HttpStatusCode.OK));
        Assert.Contains("\napp_orders_total 3.0\n", await exporter.ScrapeAsync(), StringComparison.Ordinal);
        exporter.WaitForLine("folding works again");
    }

    [Fact]
    public async Task A_directory_at_the_path_of_an_archive_keeps_nothing_from_being_served_and_health_reports_it_until_it_is_removed()
    {
        await Python.WriteCounterAsync(_directory.Path, "app_orders", 3);
        Directory.CreateDirectory(_directory["counter_archive.db"]);
        using var exporter = RunningExporter.Serving(_directory.Path);

        Assert.Equal(
            $"not healthy: folding fails: {_directory["counter_archive.db"]} is not a regular file; " +
            "remove it so that files of dead processes are compacted again\n",
            await WaitForAsync(exporter, "/-/healthy", HttpStatusCode.ServiceUnavailable));
        Assert.Contains("\napp_orders_total 3.0\n", await exporter.ScrapeAsync(), StringComparison.Ordinal);
        Assert.False(Path.Exists(_directory["counter_archive.db.new"]));

        Directory.Delete(_directory["counter_archive.db"]);

        Assert.Equal("healthy\n", await WaitForAsync(exporter, "/-/healthy", HttpStatusCode.OK));
        Assert.Contains("\napp_orders_total 3.0\n", await exporter.ScrapeAsync(), StringComparison.Ordinal);
        exporter.WaitForLine("folding works again");
    }

    [Fact]
    public async Task A_damaged_file_in_which_each_process_has_its_own_gauges_is_quarantined()
    {
        using (var file = File.Create(_directory["gauge_all_4000002.db"]))
        {
            file.Write(BitConverter.GetBytes(-8));
            file.SetLength(1 << 20);
        }
        using var exporter = RunningExporter.Serving(_directory.Path);

        for (var i = 0; i < 300 && !File.Exists(_directory["gauge_all_4000002.db.corrupt"]); i++)
        {
            await exporter.ScrapeAsync();
            await Task.Delay(100, Cancel);
        }

        Assert.False(File.Exists(_directory["gauge_all_4000002.db"]));
        Assert.Contains("\ngunicorn_exporter_corrupt_files_total 1.0\n", await exporter.ScrapeAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dead_process_s_file_that_claims_two_gigabytes_is_quarantined_and_counted_once()
    {
        await Python.WriteCounterAsync(_directory.Path, "app_orders", 3);
        WriteGiant("counter_4000002.db", 2L << 30);
        using var exporter = RunningExporter.Serving(_directory.Path);

        for (var i = 0; i < 300 && !File.Exists(_directory["counter_archive.db"]); i++)
        {
            await exporter.ScrapeAsync();
            await Task.Delay(100, Cancel);
        }

        Assert.True(File.Exists(_directory["counter_4000002.db.corrupt"]));
        var metrics = await exporter.ScrapeAsync();
        Assert.Contains("\napp_orders_total 3.0\n", metrics, StringComparison.Ordinal);
        Assert.Contains("\ngunicorn_exporter_corrupt_files_total 1.0\n", metrics, StringComparison.Ordinal);
        Assert.Equal("healthy\n", await exporter.Client.GetStringAsync("/-/healthy", Cancel));
    }

    private static async Task<string> WaitForAsync(RunningExporter exporter, string path, HttpStatusCode status)
    {
        var text = "";
        for (var i = 0; i < 300; i++)
        {
            using var answer = await exporter.Client.GetAsync(path, Cancel);
            text = await answer.Content.ReadAsStringAsync(Cancel);
            if (answer.StatusCode == status) return text;
            await Task.Delay(100, Cancel);
        }
        throw new TimeoutException($"{path} still answers: {text}");
    }

    /// <summary>Writes a file that takes no room on the disk and claims to be full.</summary>
    private void WriteGiant(string name, long size)
    {
        using var file = File.Create(_directory[name]);
        file.Write(BitConverter.GetBytes(0x7FFF_FFF8));
        file.SetLength(size);
    }
}

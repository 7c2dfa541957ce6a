using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace GunicornPrometheusExporter.Published.Tests;

/// <summary>Workers that are killed with requests in flight, and exporters that are killed while they account for them.</summary>
public sealed class DeathTests : IDisposable
{
    private const string Worker = """
        import os, sys
        from gunicorn_prometheus_exporter import _engine as engine
        engine.open(sys.argv[1], "worker", True)
        engine.set_capacity(3)
        token = engine.request_started("GET", "/begun", [])
        engine.request_responding(token, 200, [])
        engine.request_started("GET", "/running", [])
        print(os.getpid(), flush=True)
        sys.stdin.read()
        """;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task What_a_live_worker_has_in_hand_shows_and_what_a_killed_one_had_is_lost()
    {
        using var worker = StartWorker();
        using var exporter = RunningExporter.Serving(_directory.Path);
        var alive = await exporter.ScrapeAsync();
        Assert.Contains("gunicorn_worker_requests_in_flight{worker_id=\"worker_1\"} 2.0\n", alive, StringComparison.Ordinal);
        Assert.Contains("gunicorn_worker_capacity{worker_id=\"worker_1\"} 3.0\n", alive, StringComparison.Ordinal);
        Assert.True(Value(alive, "gunicorn_worker_oldest_request_seconds{worker_id=\"worker_1\"}") > 0);

        await KillAsync(worker);

        Assert.Contains("route=/begun", exporter.WaitForLine("request lost"), StringComparison.Ordinal);
        Assert.Contains("route=/running", exporter.WaitForLine("request lost"), StringComparison.Ordinal);
        var dead = await exporter.ScrapeAsync();
        Assert.DoesNotContain("gunicorn_worker_requests_in_flight", dead, StringComparison.Ordinal);
        Assert.Equal(2, Value(dead, "gunicorn_worker_requests_lost_total{reason=\"signal\"}"));
        Assert.Equal(1, Value(dead, "gunicorn_worker_requests_total{worker_id=\"worker_1\"}"));
        const string Busy = "gunicorn_worker_busy_seconds_total{worker_id=\"worker_1\"}";
        Assert.True(Value(dead, Busy) >= Value(alive, Busy));
    }

    [Fact]
    public async Task Each_lost_request_is_counted_once_however_often_exporters_are_killed_over_it()
    {
        const int Deaths = 12;
        var random = new Random(20);
        for (var death = 0; death < Deaths; death++)
        {
            using (var worker = StartWorker()) await KillAsync(worker);
            // An exporter needs some tens of milliseconds to start, a second until it accounts, and a millisecond for it.
            using var exporter = RunningExporter.Serving(_directory.Path);
            var scrape = exporter.ScrapeAsync();
            await Task.Delay(random.Next(0, 6), TestContext.Current.CancellationToken);
            exporter.Kill();
            await scrape.ContinueWith(_ => { }, TaskScheduler.Default);
        }
        using var last = RunningExporter.Serving(_directory.Path);
        var text = await last.ScrapeAsync();
        Assert.Equal(2 * Deaths, Value(text, "gunicorn_worker_requests_lost_total{reason=\"signal\"}"));
        Assert.Equal(Deaths, Value(text, "gunicorn_worker_requests_total{worker_id=\"worker_1\"}"));
        Assert.Equal(Deaths, Value(text, "gunicorn_http_requests_total{endpoint=\"/begun\",method=\"GET\",status_code=\"200\"}"));
        Assert.Empty(Directory.GetFiles(_directory.Path, "flight_*"));
    }

    private Process StartWorker()
    {
        var start = Executable.StartInfo(
            Python.Path, ["-c", Worker, _directory.Path], [("PYTHONPATH", Path.Combine(Path.GetDirectoryName(Executable.Path)!, "python"))]);
        var worker = Process.Start(start)!;
        Assert.Equal($"{worker.Id}", worker.StandardOutput.ReadLine());
        return worker;
    }

    /// <summary>Kills a worker and notes it as its master would.</summary>
    private async Task KillAsync(Process worker)
    {
        worker.Kill();
        await worker.WaitForExitAsync(TestContext.Current.CancellationToken);
        var now = Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;
        await File.AppendAllTextAsync(
            _directory["master-1.exits"],
            string.Create(
                CultureInfo.InvariantCulture,
                $$"""{"pid": {{worker.Id}}, "reason": "signal", "signal": 9, "exit_code": null, "monotonic": {{now}}}{{"\n"}}"""),
            TestContext.Current.CancellationToken);
    }

    private static double Value(string exposition, string series)
    {
        var line = exposition.Split('\n').Single(line => line.StartsWith(series + " ", StringComparison.Ordinal));
        return double.Parse(line[(series.Length + 1)..], CultureInfo.InvariantCulture);
    }
}

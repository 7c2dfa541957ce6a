using System.Text;
using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Deaths;
using GunicornPrometheusExporter.Engine.Tests.Aggregation;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Recording;
using GunicornPrometheusExporter.Workers;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Workers;

/// <summary>Every WebSocket that was opened is open, closed or lost.</summary>
public sealed class WebSocketTableTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void What_passes_between_the_handshake_and_the_end_is_counted_by_route()
    {
        using var worker = Open(_directory.Path);
        var first = OpenWebSocket(worker, "/rooms/1"u8, "/rooms/{room}"u8);
        var second = OpenWebSocket(worker, "/rooms/2"u8, "/rooms/{room}"u8);
        worker.WebSockets.Pass(first, isSent: true, 7);
        worker.WebSockets.Pass(second, isSent: true, 3);
        worker.WebSockets.Pass(second, isSent: false, 1);
        worker.WebSockets.End(first, 1001);
        worker.WebSockets.End(first, 1000);
        worker.WebSockets.Accept(first);
        worker.WebSockets.Accept(second);

        var samples = Scraped.Once(_directory.Path).Samples;
        Assert.Equal(2, samples["gunicorn_websocket_opened_total{endpoint=/rooms/{room}}"]);
        Assert.Equal(1, samples["gunicorn_websocket_open{endpoint=/rooms/{room},worker_id=worker_1}"]);
        Assert.Equal(1, samples["gunicorn_websocket_closed_total{code=1001,endpoint=/rooms/{room}}"]);
        Assert.Equal(0, samples["gunicorn_websocket_lost_total{endpoint=/rooms/{room}}"]);
        Assert.Equal(1, samples["gunicorn_websocket_duration_seconds_count{endpoint=/rooms/{room}}"]);
        Assert.Equal(2, samples["gunicorn_websocket_messages_total{direction=sent,endpoint=/rooms/{room}}"]);
        Assert.Equal(10, samples["gunicorn_websocket_bytes_total{direction=sent,endpoint=/rooms/{room}}"]);
        Assert.Equal(1, samples["gunicorn_websocket_bytes_total{direction=received,endpoint=/rooms/{room}}"]);
        Assert.Equal(0, samples["gunicorn_worker_requests_total{worker_id=worker_1}"]);
    }

    [Fact]
    public void No_client_can_make_series_by_paths_or_codes()
    {
        using var worker = Open(_directory.Path);
        for (var i = 0; i < 500; i++)
        {
            var rejected = worker.WebSockets.Begin(System.Text.Encoding.ASCII.GetBytes($"/scan-{i}/x"));
            worker.WebSockets.End(rejected, 403);
            worker.WebSockets.End(OpenWebSocket(worker, "/talk"u8), 3000 + (4 * i));
            worker.WebSockets.End(OpenWebSocket(worker, "/talk"u8), i);
        }
        var samples = Scraped.Once(_directory.Path).Samples;
        Assert.Equal(500, samples["gunicorn_websocket_rejected_total{endpoint=__unmatched__,status_code=403}"]);
        Assert.Equal(250, samples["gunicorn_websocket_closed_total{code=3xxx,endpoint=/talk}"]);
        Assert.Equal(250, samples["gunicorn_websocket_closed_total{code=4xxx,endpoint=/talk}"]);
        Assert.Equal(500, samples["gunicorn_websocket_closed_total{code=__other__,endpoint=/talk}"]);
        Assert.Single(samples.Keys, key => key.StartsWith("gunicorn_websocket_rejected", StringComparison.Ordinal));
        Assert.Equal(3, samples.Keys.Count(key => key.StartsWith("gunicorn_websocket_closed", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_route_without_room_has_all_its_series_under_other()
    {
        using (var worker = Open(_directory.Path, maximumSeries: 60)) worker.WebSockets.End(OpenWebSocket(worker, "/talk"u8), 1000);
        var samples = Scraped.Once(_directory.Path).Samples;
        Assert.Equal(1, samples["gunicorn_websocket_opened_total{endpoint=__other__}"]);
        Assert.Equal(1, samples["gunicorn_websocket_closed_total{code=1000,endpoint=__other__}"]);
        Assert.Equal(1, samples["gunicorn_exporter_label_overflow_total{label=series}"]);
        Assert.DoesNotContain(samples.Keys, key => key.Contains("/talk", StringComparison.Ordinal));
    }

    [Fact]
    public void A_websocket_that_is_closed_when_there_is_no_room_left_is_not_lost()
    {
        using (var worker = Open(_directory.Path, maximumSeries: 150))
        {
            var token = OpenWebSocket(worker, "/talk"u8);
            for (var i = 0; i < 20; i++) worker.HandleRequest("GET"u8, Encoding.ASCII.GetBytes($"/page-{(char)('a' + i)}"), () => 200);
            worker.WebSockets.End(token, 1001);
        }
        Open(_directory.Path).Dispose();
        var samples = Scraped.Once(_directory.Path).Samples;
        Assert.Equal(1, samples["gunicorn_websocket_opened_total{endpoint=/talk}"]);
        Assert.Equal(1, samples["gunicorn_websocket_closed_total{code=__other__,endpoint=/talk}"]);
        Assert.Equal(0, samples["gunicorn_websocket_lost_total{endpoint=/talk}"]);
    }

    [Fact]
    public void An_excluded_route_has_no_series()
    {
        using var worker = new PrometheusWorker(SlotStore.Open(_directory.Path, SlotKind.Worker, EntryLayout.Timestamped), TimeProvider.System)
        {
            Choice = new RequestChoice { ExcludedRoutes = ["/talk"] },
        };
        var token = OpenWebSocket(worker, "/talk"u8);
        worker.WebSockets.Pass(token, isSent: true, 1);
        worker.WebSockets.End(token, 1000);
        Assert.DoesNotContain(Scraped.Once(_directory.Path).Samples.Keys, key => key.StartsWith("gunicorn_websocket", StringComparison.Ordinal));
    }

    [Fact]
    public void The_exception_of_a_websocket_is_no_failed_request()
    {
        using var worker = Open(_directory.Path);
        worker.RequestFailed(OpenWebSocket(worker, "/talk"u8), "ValueError"u8);
        Assert.DoesNotContain(Scraped.Once(_directory.Path).Samples.Keys, key => key.StartsWith("gunicorn_worker_error", StringComparison.Ordinal));
    }

    /// <summary>The store of a killed worker, with whoever finds it first, or finds it again.</summary>
    [Theory]
    [InlineData("exporter")]
    [InlineData("successor")]
    [InlineData("exporter successor exporter")]
    [InlineData("successor exporter successor")]
    public void Those_that_a_killed_worker_had_open_are_lost_once(string finders)
    {
        using var left = new TemporaryDirectory();
        using (var worker = Open(_directory.Path))
        {
            worker.WebSockets.End(OpenWebSocket(worker, "/talk"u8), 1000);
            for (var i = 0; i < 3; i++) _ = OpenWebSocket(worker, i < 2 ? "/talk"u8 : "/feed"u8);
            foreach (var path in Directory.GetFiles(_directory.Path)) File.Copy(path, left[Path.GetFileName(path)]);
        }
        // The exporter need not wait for the master's word.
        File.WriteAllText(left["master-1.exits"], $$"""{"pid":{{Environment.ProcessId}},"reason":"oom","monotonic":1e9,"time":0}""");
        foreach (var finder in finders.Split(' '))
        {
            if (finder == "successor") Open(left.Path).Dispose();
            else
            {
                using var aggregator = new StoreAggregator(left.Path, NullLogger.Instance);
                Assert.Null(new DeathAccountant(left.Path, aggregator.Flights, 50, NullLogger.Instance).Account());
            }
            var samples = Scraped.Once(left.Path).Samples;
            Assert.Equal(2, samples["gunicorn_websocket_lost_total{endpoint=/talk}"]);
            Assert.Equal(1, samples["gunicorn_websocket_lost_total{endpoint=/feed}"]);
            Assert.Equal(3, samples["gunicorn_websocket_opened_total{endpoint=/talk}"]);
            Assert.Equal(1, samples["gunicorn_websocket_closed_total{code=1000,endpoint=/talk}"]);
            Assert.DoesNotContain(samples.Keys, key => key.StartsWith("gunicorn_websocket_open{", StringComparison.Ordinal));
        }
    }

    private static long OpenWebSocket(PrometheusWorker worker, ReadOnlySpan<byte> path, ReadOnlySpan<byte> route = default)
    {
        var token = worker.WebSockets.Begin(path);
        if (!route.IsEmpty) worker.RequestRouted(token, route);
        worker.WebSockets.Accept(token);
        return token;
    }

    private static PrometheusWorker Open(string directory, int maximumSeries = MetricWriter.DefaultMaximumSeries) =>
        new(SlotStore.Open(directory, SlotKind.Worker, EntryLayout.Timestamped), TimeProvider.System, maximumSeries: maximumSeries);
}

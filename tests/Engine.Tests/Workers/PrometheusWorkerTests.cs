using System.Text;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Store;
using GunicornPrometheusExporter.Workers;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Workers;

public sealed class PrometheusWorkerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private PrometheusWorker _worker;

    public PrometheusWorkerTests() => _worker = Open();

    public void Dispose()
    {
        _worker.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void A_request_is_counted_once_in_every_family_that_tells_of_it()
    {
        _worker.HandleRequest("GET"u8, "/users/42"u8, () => 404);

        Assert.Equal(1, Value(MetricCatalogue.WorkerRequests, "worker_1"));
        Assert.Equal(1, Value(MetricCatalogue.HttpRequests, "GET", "/users/{id}", "404"));
        Assert.Equal(1, Value(MetricCatalogue.WorkerFailedRequests, "worker_1", "GET", "/users/{id}", "404"));
        var byRoute = Keys(MetricType.Histogram).Count(key => key.Contains("gunicorn_http_request_duration", StringComparison.Ordinal));
        Assert.Equal(MetricCatalogue.LatencyBuckets.Length + 2, byRoute);
    }

    [Fact]
    public void A_request_that_succeeded_is_not_among_the_failed()
    {
        _worker.HandleRequest("GET"u8, "/"u8, () => 200);
        Assert.DoesNotContain(Keys(MetricType.Counter), key => key.Contains("failed_requests", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("BREW")]
    [InlineData("get")]
    [InlineData("AVERYLONGMETHODNAMETHATNOBODYWOULDEVERREGISTER")]
    public void A_method_that_is_not_registered_is_other(string method)
    {
        _worker.HandleRequest(Encoding.ASCII.GetBytes(method), "/"u8, () => 200);
        Assert.Equal(1, Value(MetricCatalogue.HttpRequests, LabelBounds.Other, "/", "200"));
    }

    [Fact]
    public void Endpoints_past_the_bound_are_recorded_as_other_and_counted()
    {
        for (var i = 0; i < LabelBounds.DefaultMaximumValues + 50; i++)
        {
            _worker.HandleRequest("GET"u8, Encoding.ASCII.GetBytes("/p" + Letters(i)), () => 200);
        }
        Assert.Equal(50, Value(MetricCatalogue.HttpRequests, "GET", LabelBounds.Other, "200"));
        Assert.Equal(50, Value(MetricCatalogue.LabelOverflow, "endpoint"));
        Assert.Equal(LabelBounds.DefaultMaximumValues + 50, Value(MetricCatalogue.WorkerRequests, "worker_1"));
    }

    [Fact]
    public void The_next_holder_of_the_slot_goes_on_with_counters_and_bounds_and_begins_gauges_anew()
    {
        for (var i = 0; i < LabelBounds.DefaultMaximumValues; i++)
        {
            _worker.HandleRequest("GET"u8, Encoding.ASCII.GetBytes("/p" + Letters(i)), () => 200);
        }
        _worker.Metrics.Set(MetricCatalogue.WorkerInfo, 1, "worker_1", "1", "sync", "3.11", "20.1.0");
        _worker.Dispose();
        _worker = Open();
        _worker.HandleRequest("GET"u8, "/fresh"u8, () => 200);

        Assert.Equal("worker_1", _worker.WorkerId);
        Assert.Equal(LabelBounds.DefaultMaximumValues + 1, Value(MetricCatalogue.WorkerRequests, "worker_1"));
        Assert.Equal(1, Value(MetricCatalogue.HttpRequests, "GET", LabelBounds.Other, "200"));
        Assert.DoesNotContain(Keys(MetricType.Gauge), key => key.Contains("worker_info", StringComparison.Ordinal));
    }

    [Fact]
    public void Recording_allocates_nothing_whether_the_path_is_known_or_past_the_bound()
    {
        void Record(int rounds)
        {
            Span<byte> path = stackalloc byte[12];
            "/scan/000000"u8.CopyTo(path);
            for (var i = 0; i < rounds; i++)
            {
                Handle("/api/users"u8, 200);
                for (var digit = 0; digit < 6; digit++) path[6 + digit] = (byte)('a' + ((i >> (digit * 3)) & 7));
                Handle(path, 404);
            }
        }

        void Handle(ReadOnlySpan<byte> path, int status)
        {
            var token = _worker.RequestStarted("GET"u8, path, new RequestHeaders
            {
                ContentLength = "12"u8,
                QueueStart = "t=1"u8,
                TraceParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"u8,
            });
            _worker.RequestResponding(token, status);
            _worker.RequestFinished(token, status, 100);
        }

        Record(5_000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Record(5_000);
        _worker.Heartbeat();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void A_worker_is_in_one_state_at_a_time()
    {
        _worker.SetState(WorkerStates.Running);
        _worker.HandleQuit();
        var values = WorkerStates.All.Select(state => Value(MetricCatalogue.WorkerState, "worker_1", state));
        Assert.Equal([0.0, 0, 1, 0, 0], values);
        Assert.True(Value(MetricCatalogue.WorkerStateChangeTimestamp, "worker_1") > 1.7e9);
        Assert.Throws<MetricsException>(() => _worker.SetState("asleep"));
    }

    [Fact]
    public void The_process_tells_its_memory_and_age()
    {
        _worker.UpdateWorkerMetrics();
        Assert.InRange(Value(MetricCatalogue.WorkerMemory, "worker_1"), 1e6, 1e11);
        Assert.InRange(Value(MetricCatalogue.WorkerUptime, "worker_1"), 0, 36_000);
    }

    [Fact]
    public void The_route_of_the_framework_wins_over_the_path()
    {
        var token = _worker.RequestStarted("GET"u8, "/users/anna"u8, default);
        _worker.RequestRouted(token, "/users/<name>"u8);
        _worker.RequestFailed(token, "KeyError"u8);
        _worker.RequestFinished(token, 500, 0);

        Assert.Equal(1, Value(MetricCatalogue.HttpRequests, "GET", "/users/<name>", "500"));
        Assert.Equal(1, Value(MetricCatalogue.WorkerErrorHandling, "worker_1", "GET", "/users/<name>", "KeyError"));
    }

    [Fact]
    public void A_path_that_looks_like_a_route_has_its_own_series()
    {
        _worker.HandleRequest("GET"u8, "/a/1"u8, () => 200);
        var token = _worker.RequestStarted("GET"u8, "/x"u8, default);
        _worker.RequestRouted(token, "/a/1"u8);
        _worker.RequestFinished(token, 200, 0);

        Assert.Equal(1, Value(MetricCatalogue.HttpRequests, "GET", "/a/{id}", "200"));
        Assert.Equal(1, Value(MetricCatalogue.HttpRequests, "GET", "/a/1", "200"));
    }

    [Fact]
    public void A_request_that_could_not_be_parsed_is_counted_under_its_status()
    {
        _worker.RequestInvalid(431, "LimitRequestHeaders"u8);
        Assert.Equal(1, Value(MetricCatalogue.HttpRequests, LabelBounds.Other, "__invalid__", "431"));
        Assert.Equal(1, Value(MetricCatalogue.WorkerFailedRequests, "worker_1", LabelBounds.Other, "__invalid__", "431"));
        Assert.Equal(1, Value(MetricCatalogue.WorkerErrorHandling, "worker_1", LabelBounds.Other, "__invalid__", "LimitRequestHeaders"));
    }

    [Fact]
    public void A_request_counts_once_though_it_is_finished_twice_and_not_at_all_if_abandoned()
    {
        var token = _worker.RequestStarted("GET"u8, "/"u8, default);
        _worker.RequestFinished(token, 200, 0);
        _worker.RequestFinished(token, 200, 0);
        _worker.RequestAbandoned(token);
        _worker.RequestAbandoned(_worker.RequestStarted("GET"u8, "/"u8, default));
        Assert.Equal(1, Value(MetricCatalogue.HttpRequests, "GET", "/", "200"));
        Assert.Equal(1, Value(MetricCatalogue.WorkerRequests, "worker_1"));
    }

    [Theory]
    [InlineData("noon")]
    [InlineData("t=1")]
    [InlineData("9999999999")]
    public void A_queue_header_that_makes_no_sense_is_counted(string header)
    {
        var token = _worker.RequestStarted("GET"u8, "/"u8, new RequestHeaders { QueueStart = Encoding.ASCII.GetBytes(header) });
        _worker.RequestFinished(token, 200, 0);
        Assert.Equal(1, Value(MetricCatalogue.InvalidQueueHeaders));
    }

    [Fact]
    public void Busy_seconds_are_requests_in_flight_over_time()
    {
        var tokens = Enumerable.Range(0, 3).Select(_ => _worker.RequestStarted("GET"u8, "/"u8, default)).ToArray();
        var start = MonotonicClock.Seconds();
        while (MonotonicClock.Seconds() - start < 0.05) Thread.Sleep(1);
        foreach (var token in tokens) _worker.RequestFinished(token, 200, 0);
        var busy = Value(MetricCatalogue.WorkerBusy, "worker_1");
        Assert.InRange(busy, 0.15, 3 * (MonotonicClock.Seconds() - start) + 0.05);
    }

    [Fact]
    public void An_error_is_counted_by_its_type()
    {
        _worker.HandleError("POST"u8, "/api/data"u8, "ValueError"u8);
        Assert.Equal(1, Value(MetricCatalogue.WorkerErrorHandling, "worker_1", "POST", "/api/data", "ValueError"));
    }

    [Fact]
    public void A_damaged_counter_file_is_kept_aside_and_recording_goes_on()
    {
        _worker.Dispose();
        File.WriteAllBytes(_directory["counter_worker-1.db"], [9, 9, 9, 9]);
        _worker = Open();
        _worker.HandleRequest("GET"u8, "/"u8, () => 200);
        Assert.Equal(1, Value(MetricCatalogue.WorkerRequests, "worker_1"));
        Assert.True(File.Exists(_directory["counter_worker-1.db.corrupt"]));
    }

    private PrometheusWorker Open() =>
        new(SlotStore.Open(_directory.Path, SlotKind.Worker, EntryLayout.Timestamped), TimeProvider.System);

    private double Value(MetricFamily family, params ReadOnlySpan<string> values) =>
        _worker.Metrics.Locate(family, values).Value;

    private List<string> Keys(MetricType type)
    {
        var owner = SlotTable.NameOf(SlotKind.Worker, 1);
        var name = type == MetricType.Gauge ? $"gauge_livemax_{owner}.db" : $"{(type == MetricType.Counter ? "counter" : "histogram")}_{owner}.db";
        var copy = _directory["copy"];
        File.Copy(_directory[name], copy, overwrite: true);
        using var file = StoreFileWriter.Open(copy, EntryLayout.Timestamped);
        var keys = new List<string>();
        file.VisitKeys(key => keys.Add(Encoding.UTF8.GetString(key)));
        return keys;
    }

    private static string Letters(int number) => new([.. $"{number}".Select(digit => (char)('a' + digit - '0'))]);
}

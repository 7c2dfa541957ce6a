using System.Text;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;
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
        _worker.HandleRequest("GET"u8, "/users/42"u8, () => 503);

        Assert.Equal(1, Value(MetricCatalogue.WorkerRequests, "worker_1"));
        Assert.Equal(1, Value(MetricCatalogue.HttpRequests, "GET", "/users/{id}", "503"));
        Assert.Equal(1, Value(MetricCatalogue.WorkerFailedRequests, "worker_1", "GET", "/users/{id}", "503"));
        var byRoute = Keys(MetricType.Histogram).Count(key =>
            key.Contains("gunicorn_http_request_duration", StringComparison.Ordinal) && key.Contains("/users/{id}", StringComparison.Ordinal));
        Assert.Equal(MetricCatalogue.LatencyBuckets.Length + 2, byRoute);
    }

    [Fact]
    public void A_heartbeat_is_due_whether_or_not_requests_have_just_updated_the_metrics()
    {
        _worker.UpdateWorkerMetrics();
        Assert.True(_worker.Heartbeat());
        Assert.False(_worker.Heartbeat());
    }

    [Fact]
    public void A_request_that_succeeded_is_not_among_the_failed()
    {
        _worker.HandleRequest("GET"u8, "/"u8, () => 200);
        Assert.DoesNotContain(Keys(MetricType.Counter), key =>
            key.Contains("failed_requests", StringComparison.Ordinal) && !key.Contains(LabelBounds.Other, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("BREW")]
    [InlineData("get")]
    [InlineData("PROPFIND")]
    [InlineData("AVERYLONGMETHODNAMETHATNOBODYWOULDEVERREGISTER")]
    public void A_method_that_is_not_of_the_field_is_other(string method)
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
    public void Combinations_past_the_bound_on_series_are_other_in_every_family_and_keep_their_status()
    {
        var reports = new List<string>();
        Reopen(maximumSeries: 1_000, reports.Add);
        Scan(100, 200, 404);

        Assert.InRange(Keys(MetricType.Counter).Count + Keys(MetricType.Histogram).Count, 950, 1_010);
        var overflow = Value(MetricCatalogue.LabelOverflow, "series");
        Assert.InRange(overflow, 50, 199);
        Assert.Equal(overflow, Value(MetricCatalogue.HttpRequests, LabelBounds.Other, LabelBounds.Other, "200")
            + Value(MetricCatalogue.HttpRequests, LabelBounds.Other, LabelBounds.Other, "404"));
        Assert.Equal(0, Value(MetricCatalogue.HttpRequests, LabelBounds.Other, LabelBounds.Other, LabelBounds.Other));
        Assert.Equal(200, Value(MetricCatalogue.WorkerRequests, "worker_1"));
        Assert.Equal(200, Total(MetricType.Counter, "gunicorn_http_requests_total"));
        Assert.Equal(100, Total(MetricType.Counter, "gunicorn_worker_failed_requests_total"));
        Assert.Equal(200, Total(MetricType.Histogram, "gunicorn_http_request_duration_seconds_bucket"));
        Assert.Equal(0, _worker.Metrics.Dropped);
        Assert.Contains("GUNICORN_EXPORTER_MAX_WORKER_SERIES", Assert.Single(reports), StringComparison.Ordinal);
    }

    [Fact]
    public void A_series_that_the_slot_has_keeps_its_place_when_the_bound_is_reached()
    {
        Reopen(maximumSeries: 1_000, null);
        Scan(40, 200);
        Reopen(maximumSeries: 1_000, null);
        // The first combination past the bound comes before those that the last holder knew.
        for (var i = 100; i < 120; i++) _worker.HandleRequest("PUT"u8, Encoding.ASCII.GetBytes("/p" + Letters(i)), () => 200);
        var merged = Value(MetricCatalogue.LabelOverflow, "series");
        Scan(40, 200);

        Assert.InRange(merged, 1, 20);
        Assert.Equal(merged, Value(MetricCatalogue.LabelOverflow, "series"));
        Assert.Equal(2, Value(MetricCatalogue.HttpRequests, "GET", "/p" + Letters(39), "200"));
    }

    [Fact]
    public void A_file_at_its_largest_merges_new_series_and_drops_nothing()
    {
        const int Paths = 1_500;
        _worker.Dispose();
        _worker = new PrometheusWorker(
            SlotStore.Open(_directory.Path, SlotKind.Worker, EntryLayout.Timestamped), TimeProvider.System,
            maximumLabelValues: 10_000, maximumSeries: 60_000);
        for (var i = 0; i < Paths; i++)
        {
            // Six bytes in a key for two in the path.
            _worker.HandleRequest("GET"u8, Encoding.UTF8.GetBytes($"/{new string('\u00e9', 110)}{Letters(i)}"), () => 200);
        }

        var merged = Value(MetricCatalogue.LabelOverflow, "series");
        Assert.InRange(merged, 1, Paths - 1);
        Assert.Equal(merged, Value(MetricCatalogue.HttpRequests, LabelBounds.Other, LabelBounds.Other, "200"));
        Assert.Equal(Paths, Total(MetricType.Histogram, "gunicorn_http_request_duration_seconds_bucket"));
        Assert.Equal(Paths, Total(MetricType.Counter, "gunicorn_http_requests_total"));
        Assert.Equal(0, _worker.Metrics.Dropped);
    }

    [Fact]
    public void Recording_by_family_is_bounded_by_the_same()
    {
        Reopen(maximumSeries: 1_000, null);
        for (var i = 0; i < 150; i++)
        {
            for (var status = 0; status < 10; status++)
            {
                var code = (400 + status).ToString(System.Globalization.CultureInfo.InvariantCulture);
                _worker.Metrics.Add(MetricCatalogue.WorkerFailedRequests, 1, "worker_1", "GET", Letters(i), code);
            }
        }
        for (var i = 0; i < 150; i++) _worker.Metrics.Add(MetricCatalogue.WorkerRequests, 1, "elsewhere_" + Letters(i));

        Assert.InRange(Keys(MetricType.Counter).Count + Keys(MetricType.Histogram).Count, 950, 1_300);
        Assert.Equal(1_500, Total(MetricType.Counter, "gunicorn_worker_failed_requests_total"));
        Assert.Equal(150, Value(MetricCatalogue.WorkerRequests, LabelBounds.Other));
        Assert.True(Value(MetricCatalogue.WorkerFailedRequests, "worker_1", LabelBounds.Other, LabelBounds.Other, "400") > 0);
    }

    [Fact]
    public void A_slot_whose_bound_was_reached_is_skipped_with_its_counts_until_eight_are()
    {
        for (var life = 1; life <= 11; life++)
        {
            Reopen(maximumSeries: 1_000, null);
            Assert.Equal("worker_" + Math.Min(life, 9), _worker.WorkerId);
            _worker.HandleRequest("GET"u8, "/route"u8, () => 200);
            if (life <= 9) Assert.Equal(1, Value(MetricCatalogue.HttpRequests, "GET", "/route", "200"));
            Scan(100, 200);
        }

        var files = Directory.GetFiles(_directory.Path, "counter_worker-*.db");
        Assert.Equal(9, files.Length);
        Assert.Equal(11 * 101, files.Sum(file => Total(file, "gunicorn_http_requests_total")));
    }

    [Fact]
    public void Recording_past_the_bound_on_series_allocates_nothing()
    {
        Reopen(maximumSeries: 1_000, null);
        Scan(150, 200, 404);
        var paths = Enumerable.Range(0, 190).Select(i => Encoding.ASCII.GetBytes("/p" + Letters(i))).ToArray();
        void Record()
        {
            foreach (var path in paths) _worker.RequestFinished(_worker.RequestStarted("PUT"u8, path, default), 404, 1);
        }

        Record();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 20; i++) Record();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
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
        // What recording allocates it allocates in each round; what the runtime does once, in one of them.
        var allocated = new long[3];
        for (var round = 0; round < allocated.Length; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Record(5_000);
            _worker.UpdateWorkerMetrics();
            allocated[round] = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Assert.Contains(0, allocated);
    }

    [Fact]
    public void A_worker_is_in_one_state_at_a_time()
    {
        _worker.SetState(WorkerStates.Running);
        _worker.SetState(WorkerStates.Quit);
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

    [Fact]
    public void An_exception_that_two_callers_report_is_counted_once_for_each_request()
    {
        for (var request = 0; request < 3; request++)
        {
            var token = _worker.RequestStarted("GET"u8, "/"u8, default);
            _worker.RequestFailed(token, "KeyError"u8);
            _worker.RequestFailed(token, "ValueError"u8);
            _worker.RequestFinished(token, 500, 0);
        }
        Assert.Equal(3, Value(MetricCatalogue.WorkerErrorHandling, "worker_1", "GET", "/", "KeyError"));
        Assert.DoesNotContain(Keys(MetricType.Counter), key => key.Contains("ValueError", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("noon")]
    [InlineData("t=1")]
    [InlineData("9999999999")]
    [InlineData("t=")]
    [InlineData("NaN")]
    [InlineData("t=1e308")]
    [InlineData("-Infinity")]
    public void A_queue_header_that_makes_no_sense_is_counted(string header)
    {
        Handle(new RequestHeaders { QueueStart = Encoding.ASCII.GetBytes(header) });
        Assert.Equal(1, Value(MetricCatalogue.InvalidQueueHeaders));
        Assert.Equal(0, Total(MetricType.Histogram, "gunicorn_worker_request_queue_seconds_bucket"));
    }

    [Theory]
    [InlineData(-86_400, false)]
    [InlineData(-3_601, false)]
    [InlineData(-3_590, true)]
    [InlineData(0.9, true)]
    [InlineData(60, false)]
    public void A_wait_is_at_most_an_hour_and_clocks_differ_by_at_most_a_second(double ago, bool isValid)
    {
        var start = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0 + ago;
        Handle(new RequestHeaders { QueueStart = Encoding.ASCII.GetBytes(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{start:F3}")) });
        Assert.Equal(isValid ? 0 : 1, Value(MetricCatalogue.InvalidQueueHeaders));
        Assert.Equal(isValid ? 1 : 0, Total(MetricType.Histogram, "gunicorn_worker_request_queue_seconds_bucket"));
        Assert.InRange(Total(MetricType.Histogram, "gunicorn_worker_request_queue_seconds_sum"), 0, 3_600);
    }

    [Theory]
    [InlineData("9223372036854775807", false)]
    [InlineData("99999999999999999999999", false)]
    [InlineData("1099511627777", false)]
    [InlineData("1099511627776", true)]
    [InlineData("0", true)]
    [InlineData("-1", false)]
    [InlineData("twelve", false)]
    public void A_content_length_that_no_body_has_is_counted_and_not_observed(string header, bool isValid)
    {
        Handle(new RequestHeaders { ContentLength = Encoding.ASCII.GetBytes(header) });
        Assert.Equal(isValid ? 0 : 1, Value(MetricCatalogue.InvalidContentLengths));
        Assert.Equal(isValid ? 1 : 0, Total(MetricType.Histogram, "gunicorn_worker_request_size_bytes_bucket"));
        Assert.Equal(1, Value(MetricCatalogue.WorkerRequests, "worker_1"));
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

    private void Handle(in RequestHeaders headers) =>
        _worker.RequestFinished(_worker.RequestStarted("GET"u8, "/"u8, headers), 200, 0);

    private void Scan(int paths, params int[] statuses)
    {
        for (var i = 0; i < paths; i++)
        {
            foreach (var status in statuses) _worker.HandleRequest("GET"u8, Encoding.ASCII.GetBytes("/p" + Letters(i)), () => status);
        }
    }

    private void Reopen(int maximumSeries, Action<string>? report)
    {
        _worker.Dispose();
        _worker = new PrometheusWorker(
            SlotStore.Open(_directory.Path, SlotKind.Worker, EntryLayout.Timestamped), TimeProvider.System,
            maximumSeries: maximumSeries, report: report);
    }

    private double Total(MetricType type, string sample) => Total(_directory[$"{type.ToString().ToLowerInvariant()}_worker-1.db"], sample);

    /// <summary>The sum of the values of all keys of a sample.</summary>
    private double Total(string path, string sample)
    {
        var copy = _directory["copy"];
        File.Copy(path, copy, overwrite: true);
        using var file = StoreFileWriter.Open(copy, EntryLayout.Timestamped);
        var keys = new List<byte[]>();
        file.VisitKeys(key => keys.Add(key.ToArray()));
        return keys.Where(key => Encoding.UTF8.GetString(key).Contains($"\"{sample}\"", StringComparison.Ordinal)).Sum(key => file.GetOrAdd(key).Value);
    }

    private PrometheusWorker Open() =>
        new(SlotStore.Open(_directory.Path, SlotKind.Worker, EntryLayout.Timestamped), TimeProvider.System);

    private double Value(MetricFamily family, params ReadOnlySpan<string> values) =>
        _worker.Metrics.Locate(family, values).Value;

    private List<string> Keys(MetricType type)
    {
        var owner = SlotName.Of(SlotKind.Worker, 1);
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

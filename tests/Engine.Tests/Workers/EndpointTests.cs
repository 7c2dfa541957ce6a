using System.Text;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;
using GunicornPrometheusExporter.Workers;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Workers;

/// <summary>Which value the label <c>endpoint</c> has: routes and paths do not compete, and an unmatched request has neither.</summary>
public sealed class EndpointTests : IDisposable
{
    private const string Unmatched = "__unmatched__";
    private const int Bound = LabelBounds.DefaultMaximumValues;

    private readonly TemporaryDirectory _directory = new();
    private readonly HandClock _clock = new();
    private PrometheusWorker _worker;

    public EndpointTests() => _worker = Open();

    public void Dispose()
    {
        _worker.Dispose();
        _directory.Dispose();
    }

    [Theory]
    [InlineData(404)]
    [InlineData(405)]
    [InlineData(400)]
    [InlineData(414)]
    [InlineData(431)]
    [InlineData(499)]
    public void A_path_has_its_own_value_from_its_first_answer_that_shows_that_it_exists(int status)
    {
        Handle("/users/42", status);
        Handle("/users/43", status);
        Handle("/users/44", 200);
        Handle("/users/45", status);

        Assert.Equal(2, Requests(Unmatched, status));
        Assert.Equal(1, Requests("/users/{id}", 200));
        Assert.Equal(1, Requests("/users/{id}", status));
        Assert.Equal(4, Total());
    }

    [Fact]
    public void An_exception_has_the_endpoint_that_its_request_will_have()
    {
        var crashed = _worker.RequestStarted("GET"u8, "/crash"u8, default);
        _worker.RequestFailed(crashed, "KeyError"u8);
        _worker.RequestFinished(crashed, 500, 0);
        var missing = _worker.RequestStarted("GET"u8, "/missing"u8, default);
        _worker.RequestResponding(missing, 404);
        _worker.RequestFailed(missing, "OSError"u8);
        _worker.RequestFinished(missing, 404, 0);

        Assert.Equal(1, Value(MetricCatalogue.WorkerErrorHandling, "worker_1", "GET", "/crash", "KeyError"));
        Assert.Equal(1, Requests("/crash", 500));
        Assert.Equal(1, Value(MetricCatalogue.WorkerErrorHandling, "worker_1", "GET", Unmatched, "OSError"));
        Assert.Equal(1, Requests(Unmatched, 404));
    }

    [Fact]
    public void Ten_thousand_random_paths_add_one_value_and_no_overflow()
    {
        for (var i = 0; i < 10_000; i++) Handle("/scan/" + Letters(i), 404);
        Handle("/real", 200);

        Assert.Equal(10_000, Requests(Unmatched, 404));
        Assert.Equal(1, Requests("/real", 200));
        Assert.Equal(0, Overflow);
    }

    [Fact]
    public void Routes_have_their_own_series_after_as_many_paths_as_fit_and_before_and_after_recycling()
    {
        for (var i = 0; i < 2 * Bound; i++) Handle("/page/" + Letters(i), 200);
        for (var i = 0; i < 2 * Bound; i++) Route("/route/" + Letters(i), 404);
        Reopen();
        for (var i = 0; i < 2 * Bound; i++) Route("/route/" + Letters(i), 404);
        Handle("/page/" + Letters(0), 200);

        Assert.All(Enumerable.Range(0, 2 * Bound), i => Assert.Equal(2, Requests("/route/" + Letters(i), 404)));
        Assert.Equal(2, Requests("/page/" + Letters(0), 200));
        Assert.Equal(Bound, Overflow);
    }

    [Fact]
    public void Paths_leave_routes_room_for_as_many_series_again()
    {
        _worker.Dispose();
        _worker = Open(maximumSeries: 1_000);
        for (var i = 0; i < 100; i++) Handle("/page/" + Letters(i), 200);
        Assert.True(Value(MetricCatalogue.LabelOverflow, "series") > 0);
        for (var i = 0; i < 40; i++) Route("/route/" + Letters(i), 200);
        Route(Unmatched, 404);

        Assert.All(Enumerable.Range(0, 40), i => Assert.Equal(1, Requests("/route/" + Letters(i), 200)));
        Assert.Equal(1, Requests(Unmatched, 404));
    }

    [Fact]
    public void Routes_that_were_taken_for_paths_of_an_earlier_worker_leave_paths_their_room()
    {
        for (var i = 0; i < Bound; i++) Route("/route/" + Letters(i), 200);
        Reopen();
        for (var i = 0; i < Bound; i++) Route("/route/" + Letters(i), 200);
        for (var i = 0; i < Bound; i++) Handle("/page/" + Letters(i), 200);

        Assert.Equal(1, Requests("/page/" + Letters(Bound - 1), 200));
        Assert.Equal(0, Overflow);
    }

    [Fact]
    public void Declared_routes_have_their_place_whatever_routes_come_before_them()
    {
        _worker.RouteDeclared("/known"u8);
        for (var i = 0; i < EndpointBounds.MaximumRoutes; i++) Route($"/tenant/{Letters(i)}/page", 404);
        Route("/known", 200);
        Route("/unknown", 200);

        Assert.Equal(1, Requests("/known", 200));
        Assert.Equal(0, Requests("/unknown", 200));
    }

    [Fact]
    public void A_route_of_an_earlier_worker_keeps_its_value_whatever_routes_come_before_it()
    {
        Route("/known", 200);
        Reopen();
        for (var i = 0; i < EndpointBounds.MaximumRoutes; i++) Route($"/tenant/{Letters(i)}/page", 404);
        Route("/known", 200);
        Route("/unknown", 200);

        Assert.Equal(2, Requests("/known", 200));
        Assert.Equal(0, Requests("/unknown", 200));
    }

    [Fact]
    public void A_path_that_nobody_requested_for_an_hour_gives_way_if_there_is_no_room_and_keeps_its_series()
    {
        for (var i = 0; i < Bound; i++) Handle("/junk/" + Letters(i), 200);
        Handle("/real", 200);
        Assert.Equal(1, Overflow);
        _clock.Passed += TimeSpan.FromMinutes(59);
        Handle("/real", 200);
        Assert.Equal(2, Overflow);
        Handle("/junk/" + Letters(7), 200);
        _clock.Passed += TimeSpan.FromMinutes(1);
        // Of the hour before, all were requested.
        Handle("/real", 200);
        Assert.Equal(3, Overflow);
        Handle("/junk/" + Letters(7), 200);
        _clock.Passed += TimeSpan.FromHours(1);
        Handle("/real", 200);
        for (var i = 0; i < Bound; i++) Handle("/new/" + Letters(i), 200);

        Assert.Equal(1, Requests("/real", 200));
        // The path that was requested and the new one count.
        Assert.Equal(1, Requests("/new/" + Letters(Bound - 3), 200));
        Assert.Equal(3 + 2, Overflow);
        Assert.Equal(3, Requests("/junk/" + Letters(7), 200));
        Assert.Equal(1, Requests("/junk/" + Letters(8), 200));
        Handle("/junk/" + Letters(8), 404);
        Assert.Equal(1, Requests("/junk/" + Letters(8), 404));
    }

    [Fact]
    public void A_slot_full_of_the_paths_of_an_earlier_worker_recovers_in_an_hour()
    {
        for (var i = 0; i < Bound; i++) Handle("/junk/" + Letters(i), 200);
        Reopen();
        _clock.Passed += TimeSpan.FromHours(1);
        Handle("/real", 200);

        Assert.Equal(1, Requests("/real", 200));
        Assert.Equal(0, Overflow);
        Assert.Equal(Bound + 1, Total());
    }

    [Fact]
    public void An_unmatched_request_allocates_nothing()
    {
        var paths = Enumerable.Range(0, 200).Select(i => Encoding.ASCII.GetBytes("/scan/" + Letters(i))).ToArray();
        void Record()
        {
            foreach (var path in paths)
            {
                var token = _worker.RequestStarted("GET"u8, path, default);
                _worker.RequestResponding(token, 404);
                _worker.RequestFinished(token, 404, 1);
                token = _worker.RequestStarted("GET"u8, path, default);
                _worker.RequestRouted(token, "__unmatched__"u8);
                _worker.RequestFinished(token, 200, 1);
            }
        }

        Record();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 20; i++) Record();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private double Overflow => Value(MetricCatalogue.LabelOverflow, "endpoint");

    private void Handle(string path, int status) => _worker.HandleRequest("GET"u8, Encoding.ASCII.GetBytes(path), () => status);

    private void Route(string route, int status)
    {
        var token = _worker.RequestStarted("GET"u8, "/any"u8, default);
        _worker.RequestRouted(token, Encoding.ASCII.GetBytes(route));
        _worker.RequestFinished(token, status, 0);
    }

    private double Requests(string endpoint, int status) =>
        _worker.Metrics.RecordedOf(MetricCatalogue.HttpRequests).Any(values => values[1] == endpoint && values[2] == $"{status}")
            ? Value(MetricCatalogue.HttpRequests, "GET", endpoint, $"{status}")
            : 0;

    private double Total() =>
        _worker.Metrics.RecordedOf(MetricCatalogue.HttpRequests).Sum(values => Value(MetricCatalogue.HttpRequests, values));

    private double Value(MetricFamily family, params ReadOnlySpan<string> values) => _worker.Metrics.Locate(family, values).Value;

    private void Reopen()
    {
        _worker.Dispose();
        _worker = Open();
    }

    private PrometheusWorker Open(int maximumSeries = MetricWriter.DefaultMaximumSeries) => new(
        SlotStore.Open(_directory.Path, SlotKind.Worker, EntryLayout.Timestamped), _clock, maximumSeries: maximumSeries);

    private static string Letters(int number) => new([.. $"{number}".Select(digit => (char)('a' + digit - '0'))]);

    private sealed class HandClock : TimeProvider
    {
        internal TimeSpan Passed { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Passed.Ticks;
    }
}

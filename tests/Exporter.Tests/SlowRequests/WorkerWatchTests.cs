using System.Collections.Immutable;
using GunicornPrometheusExporter.Deaths;
using GunicornPrometheusExporter.Exporter.SlowRequests;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Flights;
using GunicornPrometheusExporter.Stacks;
using GunicornPrometheusExporter.Workers;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.SlowRequests;

public sealed class WorkerWatchTests
{
    private const int Pid = 4711;
    private const double Now = 1000;

    private readonly List<int> _taken = [];
    private readonly HashSet<int> _silent = [13];
    private readonly List<string> _reports = [];
    private readonly WorkerWatch _watch;

    public WorkerWatchTests() => _watch = new(
        (worker, thread) =>
        {
            _taken.Add(thread);
            return _silent.Contains(thread) ? null : new ThreadStack(worker.Report.Pid, thread, Now, [new StackFrame("app.py", thread, "view")]);
        },
        (_, slow, stack) => _reports.Add($"{slow.Request.Path} {stack?.Thread}"),
        (_, stack) => _reports.Add($"blocked {stack?.Thread}"));

    [Fact]
    public void A_request_is_reported_once_with_the_stack_of_its_thread()
    {
        for (var second = 0; second < 5; second++) _watch.Look(Threads(Request("/a", 21)), Now + second);

        Assert.Equal(["/a 21"], _reports);
        Assert.Equal([21], _taken);
        Assert.False(_watch.IsIdle(Now + 5));
        _watch.Look(null, Now + 6);
        Assert.True(_watch.IsIdle(Now + 60));
    }

    [Fact]
    public void A_worker_gives_one_stack_a_second_and_the_other_requests_wait_for_theirs()
    {
        var (one, two, three) = (Request("/a", 21), Request("/b", 22), Request("/c", 23));
        _watch.Look(Threads(one, two, three), Now);
        Assert.Equal(["/a 21"], _reports);

        _watch.Look(Threads(two, three), Now + 1);
        // The last one ends first.
        _watch.Look(null, Now + 2);
        Assert.Equal(["/a 21", "/b 22", "/c "], _reports);
        Assert.Equal([21, 22], _taken);
    }

    [Fact]
    public void A_worker_gives_ten_stacks_a_minute()
    {
        for (var second = 0; second < 70; second++) _watch.Look(Threads(Request($"/{second}", 100 + second)), Now + second);

        Assert.Equal(70, _reports.Count);
        Assert.Equal([.. Enumerable.Range(100, 10), .. Enumerable.Range(160, 10)], _taken);
        Assert.Equal("/10 ", _reports[10]);
    }

    [Fact]
    public void A_thread_that_does_not_answer_is_asked_once_more_and_its_request_is_reported_without_a_stack()
    {
        _watch.Look(Threads(Request("/a", 13)), Now);
        Assert.Empty(_reports);
        for (var second = 1; second < 5; second++) _watch.Look(Threads(Request("/a", 13)), Now + second);

        Assert.Equal(["/a "], _reports);
        Assert.Equal([13, 13], _taken);
    }

    [Fact]
    public void A_thread_that_answers_when_it_is_asked_once_more_gives_its_stack()
    {
        var (silent, other) = (Request("/a", 13), Request("/b", 22));
        _watch.Look(Threads(silent, other), Now);
        _silent.Clear();
        for (var second = 1; second < 5; second++) _watch.Look(Threads(silent, other), Now + second);

        Assert.Equal(["/a 13", "/b 22"], _reports);
        Assert.Equal([13, 13, 22], _taken);
    }

    [Fact]
    public void A_request_that_ends_before_its_thread_is_asked_once_more_is_reported_without_a_stack()
    {
        _watch.Look(Threads(Request("/a", 13)), Now);
        _watch.Look(null, Now + 1);

        Assert.Equal(["/a "], _reports);
        Assert.True(_watch.IsIdle(Now + 60));
    }

    [Fact]
    public void Requests_of_a_loop_share_the_stack_of_what_blocks_it_and_have_none_while_they_wait()
    {
        var (one, two) = (Request("/a", Pid), Request("/b", Pid));
        _watch.Look(Loop(lag: 0, since: 0, one), Now);
        Assert.Equal(["/a "], _reports);
        Assert.Empty(_taken);

        _watch.Look(Loop(lag: 1, since: 990, one, two), Now + 1);
        _watch.Look(Loop(lag: 5, since: 990, one, two), Now + 2);
        _watch.Look(Loop(lag: 6, since: 990, one, two), Now + 3);
        Assert.Equal(["/a ", $"/b {Pid}", $"blocked {Pid}"], _reports);

        _watch.Look(Loop(lag: 5, since: 1003, one, two), Now + 9);
        Assert.Equal($"blocked {Pid}", _reports[^1]);
        Assert.Equal(4, _reports.Count);
    }

    [Fact]
    public void A_worker_that_is_about_to_reach_its_timeout_gives_one_more_stack_of_its_oldest_request()
    {
        var (old, recent) = (Request("/old", 21, Now - 10), Request("/recent", 22, Now - 5));
        _watch.Look(Threads(30, 10, old, recent), Now);
        Assert.Equal([21], _taken);
        _watch.Look(Threads(30, 28, old, recent), Now + 18);
        _watch.Look(Threads(30, 29, old, recent), Now + 19);
        _watch.Look(Threads(30, 30, old, recent), Now + 20);

        Assert.Equal([21, 21, 22], _taken);
        Assert.Equal(["/old 21", "/recent 22"], _reports);
    }

    [Theory]
    [InlineData(30, 26.9, false)]
    [InlineData(30, 27, true)]
    [InlineData(5, 2.9, false)]
    [InlineData(5, 3, true)]
    [InlineData(1, 0.4, false)]
    [InlineData(1, 0.5, true)]
    [InlineData(0, 1e9, false)]
    public void A_worker_expires_two_seconds_or_a_tenth_before_its_timeout(double timeout, double age, bool isExpiring) =>
        Assert.Equal(isExpiring, Threads(timeout, age, Request("/", 21)).Expiring is not null);

    private static FlightRequest Request(string path, int thread, double started = Now - 5) =>
        new(FlightState.Running, 0, started, "GET", path, "", "", Thread: thread);

    private static SlowWorker Threads(params ReadOnlySpan<FlightRequest> requests) => Threads(0, 5, requests);

    private static SlowWorker Threads(double timeout, double age, params ReadOnlySpan<FlightRequest> requests) =>
        Worker(new FlightLoad(true, 4, requests.Length, 0, Now - age) { Timeout = timeout }, 0, requests);

    private static SlowWorker Loop(double lag, double since, params ReadOnlySpan<FlightRequest> requests) =>
        Worker(new FlightLoad(true, 100, requests.Length, 0, Now - 5) { LoopSeconds = 7, LoopLag = lag }, since, requests);

    private static SlowWorker Worker(FlightLoad load, double since, ReadOnlySpan<FlightRequest> requests)
    {
        var report = new FlightReport(Pid, load.InFlight, 0, 0, 0, 0, since, 0, 0, false, [.. requests]);
        var slow = requests.ToArray()
            .Select(request => new SlowRequest(request, new RequestLabels(request, null, new RequestChoice()), 5)).ToImmutableArray();
        return new(new LiveWorker(SlotKind.Worker, 1, load, Now, "flight"), report, slow, load.LoopLag > 3);
    }
}

using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Deaths;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Engine.Tests.Aggregation;
using GunicornPrometheusExporter.Flights;
using GunicornPrometheusExporter.Incidents;
using GunicornPrometheusExporter.Stacks;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Flights;

public sealed class DeathIncidentsTests : IDisposable
{
    private const int Pid = 4711;
    private const int Thread = 4713;
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";

    private readonly TemporaryDirectory _directory = new();
    private readonly MessageList _log = new();
    private readonly double _now = MonotonicClock.Seconds();
    private readonly double _time = Math.Floor(MonotonicClock.Seconds() + ClockSteps.RealAtMonotonicZero());
    private readonly List<ThreadStack> _left = [];
    private StoreAggregator _aggregator;
    private DeathAccountant _accountant;

    public DeathIncidentsTests() => (_aggregator, _accountant) = Start();

    public void Dispose()
    {
        _aggregator.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void A_lost_request_is_an_incident_with_the_stack_that_its_thread_left()
    {
        WriteFlight(new FlightRequest(FlightState.Running, 0, _now - 30, "GET", "/reports/42", "", Trace, Thread: Thread));
        WriteExit("timeout", 6);
        _left.Add(StackOf(Thread + 1, _now - 1, "other"));
        _left.Add(StackOf(Thread, _now - 1, "slow"));
        _accountant.Account();
        var incident = Assert.Single(_accountant.Incidents.Read());
        Assert.Equal(
            new Incident(_time, "timeout")
            {
                WorkerId = "worker_1",
                Pid = Pid,
                Cause = "timeout",
                Signal = "SIGABRT",
                Method = "GET",
                Route = "/reports/{id}",
                AgeSeconds = 30,
                TraceId = Trace,
                MemoryBytes = 50e6,
            },
            incident with { Stack = null, AgeSeconds = 30 });
        Assert.InRange(incident.AgeSeconds!.Value, 29.99, 30.01 + MonotonicClock.Seconds() - _now);
        Assert.Equal("slow", incident.Stack!.Value[1].Function);
        Assert.EndsWith(
            " signal=SIGABRT stack=/srv/app/views.py:12 slow, /srv/app/wsgi.py:4 application", Assert.Single(_log.Messages), StringComparison.Ordinal);
    }

    [Fact]
    public void A_stack_from_before_the_request_is_not_the_requests()
    {
        WriteFlight(new FlightRequest(FlightState.Running, 0, _now - 3, "GET", "/", "", "", Thread: Thread));
        WriteExit("signal", 9);
        _left.Add(StackOf(Thread, _now - 10, "earlier"));
        _accountant.Account();
        Assert.Null(Assert.Single(_accountant.Incidents.Read()).Stack);
    }

    [Theory]
    [InlineData("signal", 11, "death", "SIGSEGV")]
    [InlineData("signal", 39, "death", "SIGRTMIN+5")]
    [InlineData("oom", 9, "death", "SIGKILL")]
    [InlineData("exit_code", null, "death", null)]
    [InlineData("timeout", 9, "timeout", "SIGKILL")]
    [InlineData("unknown", null, "death", null)]
    public void A_worker_that_died_unexpectedly_without_a_request_is_one_incident(string reason, int? signal, string kind, string? name)
    {
        WriteFlight();
        WriteExit(reason, signal);
        _accountant.Account();
        _accountant.Account();
        Assert.Equal(
            [new Incident(_time, kind) { WorkerId = "worker_1", Pid = Pid, Cause = reason, Signal = name, MemoryBytes = 50e6 }],
            _accountant.Incidents.Read());
        Assert.StartsWith($"worker died workerId=worker_1 pid={Pid} cause={reason} ", Assert.Single(_log.Messages), StringComparison.Ordinal);
    }

    [Fact]
    public void An_exit_without_a_flight_file_is_an_incident_once_also_for_the_next_exporter()
    {
        WriteExit("boot_error", null);
        WriteExit("graceful", null, Pid + 1);
        WriteExit("unknown", null, Pid + 2);
        _accountant.Account();
        (_aggregator, _accountant) = Start();
        _accountant.Account();
        WriteExit("boot_error", null, Pid + 3);
        _accountant.Account();
        Assert.Equal([Pid, Pid + 3], _accountant.Incidents.Read().Select(incident => incident.Pid));
        Assert.Equal(2, _log.Messages.Count);
    }

    [Fact]
    public void An_exporter_killed_between_the_incidents_and_the_removal_of_the_file_tells_each_once()
    {
        var requests = Enumerable.Repeat(new FlightRequest(FlightState.Running, 0, _now - 3, "GET", "/", "", ""), 3).ToArray();
        WriteFlight(requests);
        WriteExit("oom", 9);
        _accountant.Account();
        WriteFlight(requests);
        (_aggregator, _accountant) = Start();
        _accountant.Account();
        Assert.Empty(_aggregator.Flights.Dead);
        Assert.Equal(3, _accountant.Incidents.Read().Length);
    }

    [Fact]
    public void An_exporter_killed_before_the_incidents_leaves_them_to_the_next()
    {
        WriteFlight(new FlightRequest(FlightState.Running, 0, _now - 3, "GET", "/", "", ""));
        var flight = File.ReadAllBytes(FlightPath);
        WriteExit("oom", 9);
        _accountant.Account();
        // As if it had been killed after it counted.
        File.Delete(_directory["incidents.jsonl"]);
        File.WriteAllBytes(FlightPath, flight);
        (_aggregator, _accountant) = Start();
        _accountant.Account();
        Assert.Single(_accountant.Incidents.Read());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_timeout_whose_request_was_answered_after_the_abort_has_the_route_that_was_seen(bool isSeenIdle)
    {
        WriteFlight(new FlightRequest(FlightState.Running, 0, _now - 30, "POST", "/upload", "", Trace, Thread: Thread));
        using (new FileLock(FlightPath)) _accountant.Account();
        if (isSeenIdle)
        {
            WriteFlight();
            using (new FileLock(FlightPath)) _accountant.Account();
        }
        File.Delete(FlightPath);
        _left.Add(StackOf(Thread, _now, "slow"));
        WriteExit("timeout", null);
        // The slot of a worker that left no flight file is not read any more, unless another has it.
        _accountant.Stacks.Add(_left);
        _accountant.Account();
        var incident = Assert.Single(_accountant.Incidents.Read());
        Assert.Equal(("worker_1", "POST", "/upload", Trace), (incident.WorkerId, incident.Method, incident.Route, incident.TraceId));
        Assert.InRange(incident.AgeSeconds!.Value, 29.5, 60);
        Assert.Equal("slow", incident.Stack!.Value[1].Function);
    }

    [Fact]
    public void Numbers_that_no_worker_writes_do_no_harm()
    {
        double[] times = [double.NaN, double.PositiveInfinity, double.NegativeInfinity, 1e300];
        WriteFlight([.. times.Select(time => new FlightRequest(FlightState.Running, -1, time, "\e[2J", "/\e]0;x", "", "zz"))]);
        WriteExit("signal", 77);
        Assert.Null(_accountant.Account());
        Assert.Equal(4, new IncidentLog(_directory.Path).Read().Length);
    }

    [Fact]
    public void Incidents_that_cannot_be_stored_or_drained_keep_no_death_from_being_counted()
    {
        Directory.CreateDirectory(_directory["incidents.jsonl.corrupt"]);
        Directory.CreateDirectory(_directory["incidents.jsonl"]);
        (_aggregator, _accountant) = Start(_ => throw new IOException("drained badly"));
        WriteFlight(new FlightRequest(FlightState.Running, 0, _now - 3, "GET", "/", "", ""));
        WriteExit("oom", 9);
        for (var i = 0; i < 3; i++) Assert.Null(_accountant.Account());
        Assert.False(File.Exists(FlightPath));
        Assert.Equal(1, _aggregator.Read().Samples["gunicorn_worker_requests_lost_total{reason=oom,worker_id=worker_1}"]);
        Assert.Equal(3, _log.Messages.Count);
        Assert.Single(_accountant.Incidents.Read());
    }

    private string FlightPath => _directory["flight_worker-1_00000001.bin"];

    private (StoreAggregator Aggregator, DeathAccountant Accountant) Start(Func<int, IReadOnlyList<ThreadStack>>? drain = null)
    {
        _aggregator?.Dispose();
        var aggregator = new StoreAggregator(_directory.Path, _log);
        return (aggregator, new DeathAccountant(_directory.Path, aggregator.Flights, 50, _log) { Drain = drain ?? (_ => _left) });
    }

    private static ThreadStack StackOf(int thread, double time, string function) => new(
        Pid, thread, time,
        [new("/usr/lib/python3.11/re.py", 7, "match"), new("/srv/app/views.py", 12, function), new("/srv/app/wsgi.py", 4, "application")]);

    private void WriteFlight(params FlightRequest[] requests) =>
        File.WriteAllBytes(FlightPath, FlightImage.Bytes(Pid, requests.Length, 100, _now - 60, requests));

    private void WriteExit(string reason, int? signal, int pid = Pid)
    {
        var path = _directory["master-1.exits"];
        var before = File.Exists(path) ? File.ReadAllText(path) : "";
        var monotonic = MonotonicClock.Seconds().ToString(System.Globalization.CultureInfo.InvariantCulture);
        var killer = signal is null ? "null" : $"{signal}";
        File.WriteAllText(
            path + "~",
            $$"""{{before}}{"pid":{{pid}},"reason":"{{reason}}","signal":{{killer}},"monotonic":{{monotonic}},"time":{{_time}}}{{"\n"}}""");
        File.Move(path + "~", path, overwrite: true);
    }
}

using System.Text;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Incidents;
using GunicornPrometheusExporter.Recording;
using GunicornPrometheusExporter.Stacks;
using GunicornPrometheusExporter.Workers;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Incidents;

/// <summary>The exceptions that a worker hands to the exporter.</summary>
public sealed class ExceptionFileTests : IDisposable
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";
    private const double Now = 2_000_000_000;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void An_exception_has_its_request_and_the_innermost_frame_of_the_application()
    {
        using var worker = Open();
        var headers = new RequestHeaders { TraceParent = Encoding.ASCII.GetBytes($"00-{Trace}-b7ad6b7169203331-01") };
        var token = worker.RequestStarted("GET"u8, "/users/42"u8, headers);
        const string Frames =
            """
              File "/usr/lib/python3.11/json/decoder.py", line 355 in raw_decode
              File "/srv/app.py", line 7 in view
              File "/srv/app.py", line 3 in application

            """;

        Assert.True(worker.RequestFailed(token, "ValueError"u8));
        worker.RequestRaised(token, "ValueError"u8, Encoding.UTF8.GetBytes(Frames));
        Assert.False(worker.RequestFailed(token, "ValueError"u8));

        var incident = Assert.Single(Drain());
        Assert.Equal(("exception", "worker_1", "GET", "/users/{id}", Trace, "ValueError"), (
            incident.Kind, incident.WorkerId, incident.Method, incident.Route, incident.TraceId, incident.ErrorType));
        Assert.Equal(Environment.ProcessId, incident.Pid);
        Assert.Equal([new StackFrame("/srv/app.py", 7, "view")], incident.Stack!.Value);
        Assert.Empty(Drain());
    }

    [Fact]
    public void An_exception_without_a_traceback_has_no_frame()
    {
        using var worker = Open();
        Assert.True(worker.RequestFailed(-1, "AssertionError"u8));
        worker.RequestRaised(-1, "AssertionError"u8, default);

        var incident = Assert.Single(Drain());
        Assert.Equal(("AssertionError", null, null), (incident.ErrorType, incident.Route, incident.Stack));
    }

    [Fact]
    public void A_worker_writes_fifty_lines_until_the_exporter_has_taken_them()
    {
        using var worker = Open();
        Assert.Equal(50, Enumerable.Range(0, 80).Count(_ => Fails(worker)));
        Assert.Equal(50, Drain().Count);

        for (var wait = 0; wait < 500 && !Fails(worker); wait++) Thread.Sleep(10);
        Assert.Single(Drain());
    }

    [Fact]
    public void An_excluded_request_leaves_no_exception()
    {
        using var worker = Open();
        Assert.False(worker.RequestFailed(worker.RequestStarted("GET"u8, "/healthz"u8, default), "ValueError"u8));
    }

    [Fact]
    public void A_hostile_worker_can_write_no_other_incidents_and_no_endless_texts()
    {
        var text = new string('x', 10_000);
        File.WriteAllLines(
            _directory["exceptions_worker-3.jsonl"],
            [
                "", "[]", "{", "null", """{"time":1,"kind":"death"}""",
                $$"""{"time":4e9,"kind":"exception","worker_id":"worker_1","route":"{{text}}","error_type":"{{text}}","cause":"oom"}""",
                $$"""{"time":5,"kind":"exception","stack":[{"file":"{{text}}","line":1,"function":"f"},{"file":"b","line":2,"function":"g"}]}""",
            ]);
        File.WriteAllText(_directory["exceptions_master-1.jsonl"], """{"time":5,"kind":"exception"}""");
        File.CreateSymbolicLink(_directory["exceptions_worker-1.jsonl"], _directory["exceptions_worker-3.jsonl"]);
        var taken = new List<Incident>();

        Assert.Throws<CorruptFileException>(() => ExceptionFile.Drain(_directory.Path, Now, taken.AddRange));

        Assert.Equal(2, taken.Count);
        Assert.All(taken, incident => Assert.Equal("worker_3", incident.WorkerId));
        Assert.Equal((Now, 500, 500, null), (taken[0].Time, taken[0].Route!.Length, taken[0].ErrorType!.Length, taken[0].Cause));
        Assert.Equal([new StackFrame(text[..500], 1, "f")], taken[1].Stack!.Value);
    }

    [Fact]
    public void A_file_that_nobody_empties_stays_small()
    {
        File.WriteAllText(_directory["exceptions_worker-1.jsonl"], new string('x', 2 << 20));
        using var worker = Open();
        Assert.True(Fails(worker));
        Assert.Equal(2 << 20, new FileInfo(_directory["exceptions_worker-1.jsonl"]).Length);
    }

    private static bool Fails(PrometheusWorker worker)
    {
        var token = worker.RequestStarted("GET"u8, "/"u8, default);
        var isWanted = worker.RequestFailed(token, "ValueError"u8);
        if (isWanted) worker.RequestRaised(token, "ValueError"u8, "  File \"/srv/app.py\", line 7 in view\n"u8);
        worker.RequestFinished(token, 500, 0);
        return isWanted;
    }

    private PrometheusWorker Open() =>
        new(SlotStore.Open(_directory.Path, SlotKind.Worker, EntryLayout.ValueOnly), TimeProvider.System)
        {
            Choice = new() { ExcludedRoutes = ["/healthz"] },
        };

    private List<Incident> Drain()
    {
        var taken = new List<Incident>();
        ExceptionFile.Drain(_directory.Path, Now, taken.AddRange);
        return taken;
    }
}

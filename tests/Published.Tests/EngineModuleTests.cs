using Xunit;

namespace GunicornPrometheusExporter.Published.Tests;

/// <summary>The extension module that <c>make build</c> left, in real interpreters.</summary>
public sealed class EngineModuleTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public static TheoryData<string> Interpreters()
    {
        var versions = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".pyenv", "versions");
        var others = Directory.Exists(versions)
            ? Directory.GetDirectories(versions).Where(IsSupported).Select(version => Path.Combine(version, "bin", "python"))
            : [];
        return [Python.Path, .. others.Where(File.Exists).Order(StringComparer.Ordinal)];
    }

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Interpreters))]
    public async Task One_file_records_in_every_CPython_that_is_present(string interpreter)
    {
        var output = await RunAsync(
            """
            print(engine.open(store, "worker", True))
            token = engine.request_started("GET", "/users/42", [("CONTENT-LENGTH", "12"), ("X-REQUEST-START", "t=1")])
            engine.request_routed(token, "/users/<id>")
            engine.request_responding(token, 404, [("Content-Type", "text/html")])
            engine.request_failed(token, "ValueError")
            engine.request_finished(token, 404, 100)
            engine.request_abandoned(engine.request_started("GET", "/", [(b"host", b"localhost")]))
            engine.request_invalid(400, "InvalidHeader")
            engine.set_capacity(1)
            engine.heartbeat(); engine.update(); engine.set_state("running")
            WorkerRequests().inc(2.5, worker_id="worker_1")
            try:
                WorkerRequests().inc(-1, worker_id="worker_1")
            except MetricsError as error:
                print(error)
            """, interpreter);

        Assert.Equal(
            "worker_1\ngunicorn_worker_requests_total is a counter and cannot be incremented by -1.0; " +
            "give a finite amount of at least 0\n", output);
        Assert.Contains("gunicorn_worker_requests_total{worker_id=\"worker_1\"} 4.5\n", await DumpAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_loads_where_little_address_space_is_allowed()
    {
        var outcome = await Executable.RunAsync(
            "/bin/bash",
            ["-c", "ulimit -v 1000000 && exec \"$0\" -c \"$1\" \"$2\"", Python.Path, Script("print(engine.open(store, 'worker', True))"), _directory.Path],
            ("PYTHONPATH", Packages));
        Assert.Equal("worker_1\n", outcome.Output);
    }

    [Fact]
    public async Task A_recorded_request_allocates_nothing()
    {
        var output = await RunAsync(
            """
            engine.open(store, "worker", True)
            def allocated(calls):
                for _ in range(calls):
                    engine.request_finished(engine.request_started("GET", "/api/users", []), 200, 2)
                return engine.statistics()["allocated_bytes"]
            allocated(1000)
            few = -allocated(0) + allocated(1)
            many = -allocated(0) + allocated(100000)
            print(many - few)
            """);
        Assert.Equal("0\n", output);
    }

    [Fact]
    public async Task Threads_lose_no_count()
    {
        await RunAsync(
            """
            import threading
            engine.open(store, "worker", True)
            def record():
                for number in range(20000):
                    engine.request_finished(engine.request_started("GET", "/thread", []), 200, 2)
            threads = [threading.Thread(target=record) for _ in range(8)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            """);
        var dump = await DumpAsync();
        Assert.Contains("gunicorn_worker_requests_total{worker_id=\"worker_1\"} 160000.0\n", dump, StringComparison.Ordinal);
        Assert.Contains(
            "gunicorn_http_requests_total{endpoint=\"/thread\",method=\"GET\",status_code=\"200\"} 160000.0\n", dump, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disabled_child_neither_crashes_nor_counts()
    {
        var output = await RunAsync(
            """
            import os
            engine.open(store, "worker", True)
            engine.request_finished(engine.request_started("GET", "/", []), 200, 2)
            pid = os.fork()
            if pid == 0:
                engine.disable()
                for _ in range(1000):
                    engine.request_finished(engine.request_started("GET", "/", []), 200, 2)
                    WorkerRequests().inc(1, worker_id="worker_1")
                os._exit(7)
            print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
            """);
        Assert.Equal("7\n", output);
        Assert.Contains("gunicorn_worker_requests_total{worker_id=\"worker_1\"} 1.0\n", await DumpAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_request_path_never_raises_and_logs_its_first_fault_once()
    {
        var outcome = await RunWholeAsync(
            """
            engine.open(store, "worker", True)
            for _ in range(3):
                engine.request_started(1, 2, 3)
                engine.request_started("GET")
                engine.request_started("GET", "/\ud800", [])
                engine.request_finished("token", 200, None)
                engine.request_failed(1, None)
                engine.set_state("asleep")
            print(engine.statistics()["dropped"])
            """);
        Assert.Equal("18.0\n", outcome.Output);
        Assert.Equal(1, outcome.Errors.Split('\n').Count(line => line.Contains("a recording was dropped", StringComparison.Ordinal)));
        Assert.Equal(0, outcome.Status);
    }

    [Fact]
    public async Task A_store_that_cannot_be_written_raises_an_error_that_names_it()
    {
        var output = await RunAsync(
            """
            try:
                engine.open("/proc/nowhere", "worker", True)
            except MetricsError as error:
                print(error)
            for arguments in (("x",), (1, "worker", True), (store, "pilot", True)):
                try:
                    engine.open(*arguments)
                except TypeError as error:
                    print(type(error).__name__)
            """);
        Assert.Matches("^.*/proc/nowhere.*\nTypeError\nTypeError\nTypeError\n$", output);
    }

    private static string Packages => Path.Combine(Path.GetDirectoryName(Executable.Path)!, "python");

    /// <summary>Whether a folder that is named by a version holds CPython 3.9 or later.</summary>
    private static bool IsSupported(string folder) =>
        Version.TryParse(Path.GetFileName(folder), out var version) && version >= new Version(3, 9);

    private static string Script(string body) =>
        "import sys\nfrom gunicorn_prometheus_exporter import _engine as engine\n" +
        "class WorkerRequests: family = 'gunicorn_worker_requests_total'\n" +
        "WorkerRequests.inc = engine.metric_method(WorkerRequests, 'inc')\n" +
        "from gunicorn_prometheus_exporter.errors import MetricsError\nstore = sys.argv[1]\n" + body;

    private Task<Outcome> RunWholeAsync(string body, string interpreter = Python.Path) =>
        Executable.RunAsync(interpreter, ["-c", Script(body), _directory.Path], ("PYTHONPATH", Packages));

    private async Task<string> RunAsync(string body, string interpreter = Python.Path)
    {
        var outcome = await RunWholeAsync(body, interpreter);
        Assert.Equal("", outcome.Errors);
        return outcome.Output;
    }

    private async Task<string> DumpAsync() => (await Executable.RunAsync(["dump", "--dir", _directory.Path])).Output;
}

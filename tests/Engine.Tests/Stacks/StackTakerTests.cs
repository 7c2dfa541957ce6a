using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Flights;
using GunicornPrometheusExporter.Native;
using GunicornPrometheusExporter.Stacks;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Stacks;

/// <summary>Stacks of a real Python process, and each reason not to send it a signal.</summary>
public sealed class StackTakerTests : IDisposable
{
    private const SlotKind Kind = SlotKind.Worker;
    private const string Unanswered = "the thread did not answer: it waits in the kernel";
    private const string Answering = "the thread blocks the signal, or has yet to answer the last one";

    private readonly TemporaryDirectory _directory = new();
    private readonly PythonWorker _worker;
    private readonly StackTaker _taker;

    public StackTakerTests() => (_worker, _taker) = (new(_directory.Path), new(_directory.Path));

    private string FilePath => StackFile.PathOf(_directory.Path, Kind, 1);

    public void Dispose()
    {
        _worker.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void A_thread_that_waits_tells_where()
    {
        var stack = Take(_worker.Thread);

        Assert.Equal((_worker.Pid, _worker.Thread), (stack.Pid, stack.Thread));
        Assert.Equal(["inner", "outer"], stack.Frames.Where(frame => frame.File == "<string>").Select(frame => frame.Function));
        Assert.EndsWith("threading.py", stack.Frames[0].File);
        Assert.InRange(MonotonicClock.Seconds() - stack.Time, 0, 60);
        Assert.InRange(stack.Seconds, 1e-9, 60);
        Assert.Empty(File.ReadAllBytes(FilePath));
    }

    [Fact]
    public void A_thread_that_holds_the_interpreter_lock_tells_where()
    {
        _worker.Begin("import re; re.match('(a+)+$', 'a' * 60 + 'b')");

        for (var deadline = MonotonicClock.Seconds() + 30; Take(_worker.Pid).Frames[0].Function is not "match";)
        {
            Assert.True(MonotonicClock.Seconds() < deadline, "the expression never ran");
        }
    }

    [Fact]
    public void The_stack_of_a_busy_thread_is_always_whole()
    {
        _worker.Begin("while True: sum(range(100))");

        for (var i = 0; i < 1000; i++) Assert.Equal("<module>", Take(_worker.Pid).Frames[^1].Function);
    }

    [Fact]
    public void What_others_left_in_the_file_stays_until_it_is_drained()
    {
        const string Left = "thread 7 8 12.500\nStack (most recent call first):\n  File \"/srv/app.py\", line 3 in view\n";
        File.AppendAllText(FilePath, Left);

        _ = Take(_worker.Thread);

        Assert.Equal(Left, File.ReadAllText(FilePath));
        var stack = Assert.Single(_taker.Drain(1));
        Assert.Equal((7, 8, 12.5), (stack.Pid, stack.Thread, stack.Time));
        Assert.Equal([new StackFrame("/srv/app.py", 3, "view")], stack.Frames);
        Assert.Empty(File.ReadAllBytes(FilePath));
        Assert.Empty(_taker.Drain(1));
        Assert.Empty(_taker.Drain(2));
    }

    [Fact]
    public void A_stack_that_is_requested_and_not_yet_there_is_left_for_the_next_time()
    {
        var marker = StackText.MarkerOf(_worker.Pid, _worker.Thread, MonotonicClock.Seconds() + 60);
        File.AppendAllBytes(FilePath, marker);

        Assert.Empty(_taker.Drain(1));
        Assert.Equal(marker, File.ReadAllBytes(FilePath));

        _worker.Send(_worker.Thread);
        for (var deadline = MonotonicClock.Seconds() + 30; ;)
        {
            if (_taker.Drain(1) is [var stack])
            {
                Assert.Equal(_worker.Thread, stack.Thread);
                break;
            }
            Assert.True(MonotonicClock.Seconds() < deadline, "the stack never came");
        }
        Assert.Empty(File.ReadAllBytes(FilePath));
    }

    [Fact]
    public void A_stack_that_never_comes_is_given_up()
    {
        File.AppendAllBytes(FilePath, StackText.MarkerOf(_worker.Pid, _worker.Thread, MonotonicClock.Seconds() - 10));

        Assert.Empty(_taker.Drain(1));
        Assert.Empty(File.ReadAllBytes(FilePath));
    }

    [Fact]
    public void Every_thread_that_does_not_block_the_signal_can_be_asked()
    {
        Assert.Equal([_worker.Pid, _worker.Thread], StackTaker.ThreadsOf(_worker.Report));

        _worker.Run($"signal.pthread_sigmask(signal.SIG_BLOCK, [{_worker.Signal}])");

        Assert.Equal([_worker.Thread], StackTaker.ThreadsOf(_worker.Report));
    }

    [Fact]
    public void Takers_at_the_same_time_each_get_their_thread()
    {
        Parallel.For(0, 40, i =>
        {
            var thread = i % 2 == 0 ? _worker.Pid : _worker.Thread;
            Assert.Equal(thread, Take(thread).Thread);
        });
    }

    [Fact]
    public void A_worker_without_a_handler_gets_no_signal() =>
        AssertRefused(_worker.Report with { StackSignal = 0 }, "the worker has no handler for it");

    [Theory]
    [InlineData(9)]
    [InlineData(15)]
    [InlineData(65)]
    [InlineData(-1)]
    public void A_flight_file_that_names_another_signal_is_not_followed(int signal) =>
        AssertRefused(
            _worker.Report with { StackSignal = signal }, $"its flight file has signal {signal}, which is not a real-time signal");

    [Theory]
    [InlineData("SIG_DFL")]
    [InlineData("SIG_IGN")]
    public void A_worker_whose_application_took_the_handler_away_gets_no_signal(string disposition)
    {
        _worker.Run($"signal.signal({_worker.Signal}, signal.{disposition})");

        AssertRefused(_worker.Report, "the application took the signal's handler away");
    }

    [Fact]
    public void A_pid_that_does_not_hold_the_slot_gets_no_signal()
    {
        using var other = new PythonWorker(_directory.Path, slot: 2);

        AssertRefused(_worker.Report with { Pid = other.Pid }, $"its slot belongs to process {_worker.Pid}", other.Thread);
        other.Run("pass");
    }

    [Fact]
    public void A_worker_that_gave_its_slot_back_gets_no_signal()
    {
        _worker.Run("os.close(fd)");

        AssertRefused(_worker.Report, "the worker exited");
    }

    [Fact]
    public void A_dead_worker_gets_no_signal()
    {
        var report = _worker.Report;
        _worker.Kill();

        Assert.Null(_taker.Take(Kind, 1, report, report.Pid, out var reason));
        Assert.Equal("the worker or the thread exited", reason);
    }

    [Fact]
    public void A_thread_of_another_process_gets_no_signal()
    {
        using var other = new PythonWorker(_directory.Path, slot: 2);

        AssertRefused(_worker.Report, "the thread exited", other.Thread);
        other.Run("pass");
    }

    [Fact]
    public void A_thread_that_blocks_the_signal_gets_none()
    {
        _worker.Run($"signal.pthread_sigmask(signal.SIG_BLOCK, [{_worker.Signal}])");

        AssertRefused(_worker.Report, Answering, _worker.Pid);
        _worker.Run($"assert not signal.sigpending()");
    }

    [Fact]
    public void A_thread_that_does_not_answer_is_given_up_and_not_asked_again()
    {
        // A stopped process handles no signal, as one that waits for a disk.
        Assert.Equal(0, Libc.SignalThread(_worker.Pid, _worker.Pid, 19));
        var state = $"/proc/{_worker.Pid}/task/{_worker.Thread}/stat";
        while (!File.ReadAllText(state).Contains(") T ", StringComparison.Ordinal)) Thread.Yield();

        AssertRefused(_worker.Report, Unanswered, runs: false);
        AssertRefused(_worker.Report, Answering, runs: false);
        Assert.Equal(0, Libc.SignalThread(_worker.Pid, _worker.Pid, 18));

        for (var deadline = MonotonicClock.Seconds() + 30; new FileInfo(FilePath).Length == 0;)
        {
            Assert.True(MonotonicClock.Seconds() < deadline, "the late stack never came");
        }
        // The late stack has no marker.
        Assert.Empty(_taker.Drain(1));
        _ = Take(_worker.Thread);
    }

    [Theory]
    [InlineData("link", "it is a symbolic link")]
    [InlineData("fifo", "it is not a regular file")]
    [InlineData("none", "its stack file is missing, or another process is taking stacks")]
    public void A_file_that_is_something_else_is_not_written_to(string kind, string expected)
    {
        File.Delete(FilePath);
        if (kind == "link") File.CreateSymbolicLink(FilePath, _directory["elsewhere"]);
        if (kind == "fifo") System.Diagnostics.Process.Start("mkfifo", FilePath).WaitForExit();

        Assert.Null(_taker.Take(Kind, 1, _worker.Report, _worker.Thread, out var reason));
        Assert.Contains(expected, reason);
        _worker.Run("assert not signal.sigpending()");
    }

    [Fact]
    public void A_file_that_a_worker_made_large_is_cut()
    {
        using (var file = File.OpenHandle(FilePath, access: FileAccess.Write)) RandomAccess.SetLength(file, 1L << 30);

        _ = Take(_worker.Thread);

        Assert.Empty(File.ReadAllBytes(FilePath));
    }

    [Fact]
    public void Text_without_a_marker_is_dropped_when_the_file_is_drained()
    {
        File.AppendAllText(FilePath, "Stack (most recent call first):\n  File \"/srv/app.py\", line 3 in view\n");

        Assert.Empty(_taker.Drain(1));
        Assert.Empty(File.ReadAllBytes(FilePath));
    }

    /// <summary>Takes a stack, again if a busy machine gave the thread no processor for as long as a taker waits.</summary>
    private ThreadStack Take(int thread)
    {
        for (var deadline = MonotonicClock.Seconds() + 30; ;)
        {
            var stack = _taker.Take(Kind, 1, _worker.Report, thread, out var reason);
            if (MonotonicClock.Seconds() < deadline && reason is Unanswered or Answering) continue;
            Assert.Null(reason);
            return stack!;
        }
    }

    private void AssertRefused(FlightReport report, string expected, int? thread = null, bool runs = true)
    {
        Assert.Null(_taker.Take(Kind, 1, report, thread ?? report.Pid, out var reason));
        Assert.Equal(expected, reason);
        Assert.Empty(File.ReadAllBytes(FilePath));
        // The default action of the signal would have ended it.
        if (runs) _worker.Run("pass");
    }
}

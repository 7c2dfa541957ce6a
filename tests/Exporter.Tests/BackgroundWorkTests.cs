using Microsoft.Extensions.Logging;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests;

public sealed class BackgroundWorkTests
{
    private readonly LineLog _log = new();
    private readonly StoppedClock _time = new();
    private readonly BackgroundWork _work;

    public BackgroundWorkTests() => _work = new BackgroundWork("folding", _log, _time);

    [Fact]
    public void Work_that_throws_anything_is_logged_once_for_each_reason_counted_and_a_problem_until_it_succeeds()
    {
        for (var i = 0; i < 3; i++) _work.Run(() => throw new NotSupportedException("no\nroom"));
        _work.Run(() => throw new InvalidOperationException("not now"));

        Assert.Equal(2, _log.Lines.Count);
        Assert.Contains("NotSupportedException: no\nroom", _log.Lines[0], StringComparison.Ordinal);
        Assert.Equal(4, _work.Failures);
        Assert.Equal("folding fails: InvalidOperationException: not now", _work.Problem);
        _work.Run(() => null);
        Assert.Null(_work.Problem);
    }

    [Fact]
    public async Task Work_that_waits_is_guarded_likewise()
    {
        await _work.RunAsync(() => throw new InvalidOperationException("at once"));
        await _work.RunAsync(async Task<string?> () =>
        {
            await Task.Yield();
            throw new InvalidOperationException("line one\r\nline two");
        });

        Assert.Equal(2, _log.Lines.Count);
        Assert.Equal("folding fails: InvalidOperationException: line one line two", _work.Problem);
    }

    [Fact]
    public void A_reason_that_the_work_has_logged_is_not_logged_again()
    {
        _work.Run(() => "the archive is damaged");
        Assert.Empty(_log.Lines);
        Assert.Equal(("folding fails: the archive is damaged", 1), (_work.Problem, _work.Failures));
    }

    [Fact]
    public void The_first_success_after_failures_is_logged_and_the_same_reason_then_again()
    {
        _work.Run(() => null);
        for (var i = 0; i < 2; i++) _work.Run(() => throw new NotSupportedException("no room"));
        for (var i = 0; i < 2; i++) _work.Run(() => null);
        Assert.Equal("folding works again", Assert.Single(_log.Lines.Skip(1)));

        _work.Run(() => throw new NotSupportedException("no room"));
        _work.Succeed();

        Assert.Equal(4, _log.Lines.Count);
        Assert.Equal("folding works again", _log.Lines[3]);
        Assert.Null(_work.Problem);
    }

    [Fact]
    public async Task A_success_of_work_that_waits_is_logged_likewise()
    {
        await _work.RunAsync(() => Task.FromResult<string?>("the port is taken"));
        Assert.Equal("folding fails: the port is taken", _work.Problem);

        await _work.RunAsync(() => Task.FromResult<string?>(null));

        Assert.Equal(["folding works again"], _log.Lines);
    }

    [Fact]
    public void Work_that_does_not_end_is_a_problem()
    {
        _work.Run(() => null);
        _time.Now += TimeSpan.FromSeconds(60).Ticks;
        Assert.Null(_work.Problem);
        _time.Now += TimeSpan.FromSeconds(3).Ticks;
        Assert.Equal("folding has not run for 63 s", _work.Problem);
        _work.Run(() => null);
        Assert.Null(_work.Problem);
    }

    private sealed class LineLog : ILogger
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));
    }

    private sealed class StoppedClock : TimeProvider
    {
        public long Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now;
    }
}

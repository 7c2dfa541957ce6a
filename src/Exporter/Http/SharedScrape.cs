namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>Lets concurrent scrapes share passes over the store. Safe for any number of threads.</summary>
/// <remarks>
/// A request joins the next pass that has not begun, never one under way: its answer holds everything that was counted
/// before it asked. So at most one pass runs and one waits, however many ask.
/// </remarks>
/// <param name="scrape">Reads once, and writes every answer.</param>
internal sealed class SharedScrape(Func<IReadOnlyList<ScrapeAnswer>, Task> scrape)
{
    private const int MostFreeBuffers = 4;

    private readonly Lock _gate = new();
    private readonly Stack<ScrapeBuffers> _free = new(MostFreeBuffers);
    private ScrapePass? _next;
    private Task _last = Task.CompletedTask;

    /// <summary>Shares passes that wait for nothing.</summary>
    internal SharedScrape(Action<IReadOnlyList<ScrapeAnswer>> scrape) : this(answers =>
    {
        scrape(answers);
        return Task.CompletedTask;
    })
    { }

    /// <summary>Waits for a pass that begins now or later.</summary>
    /// <returns>The answer; dispose of it after reading its body.</returns>
    internal async Task<ScrapeAnswer> JoinAsync(ScrapeRequest request)
    {
        ScrapeAnswer? answer;
        lock (_gate)
        {
            var pass = _next ??= Plan();
            answer = pass.Find(request);
            if (answer is null)
            {
                var buffers = _free.TryPop(out var free) ? free : new ScrapeBuffers();
                pass.Add(answer = new ScrapeAnswer(this, request, pass.Completion, buffers));
            }
            answer.Join();
        }
        try
        {
            await answer.Completion;
            return answer;
        }
        catch
        {
            answer.Dispose();
            throw;
        }
    }

    internal void Return(ScrapeBuffers buffers)
    {
        buffers.Clear();
        lock (_gate)
        {
            if (_free.Count < MostFreeBuffers) _free.Push(buffers);
        }
    }

    private ScrapePass Plan()
    {
        var pass = new ScrapePass { Completion = Task.CompletedTask };
        _last = pass.Completion = RunAsync(pass, _last);
        return pass;
    }

    private async Task RunAsync(ScrapePass pass, Task previous)
    {
        await previous.ConfigureAwait(ConfigureAwaitOptions.ForceYielding | ConfigureAwaitOptions.SuppressThrowing);
        // From here on nobody joins any more.
        lock (_gate) _next = null;
        await scrape(pass.Answers);
        foreach (var answer in pass.Answers) answer.Finish();
    }
}

namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>Lets concurrent scrapes share passes over the store. Safe for any number of threads.</summary>
/// <remarks>
/// A request joins the next pass that has not begun, never one under way: its answer holds everything that was counted
/// before it asked. So at most one pass runs and one waits, however many ask. What a pass writes is bounded, and what
/// nobody waits for any more is not written.
/// </remarks>
/// <param name="scrape">Reads once, and writes every answer that it is given, one after the other.</param>
internal sealed class SharedScrape(Func<IEnumerable<ScrapeAnswer>, Task> scrape)
{
    private readonly Lock _gate = new();
    private readonly FreeChunks _free = new();
    private readonly AnswersAlive _alive = new();
    private ScrapePass? _next;
    private Task _last = Task.CompletedTask;

    /// <summary>Shares passes that wait for nothing.</summary>
    internal SharedScrape(Action<IEnumerable<ScrapeAnswer>> scrape) : this(answers =>
    {
        scrape(answers);
        return Task.CompletedTask;
    })
    { }

    /// <summary>Waits for a pass that begins now or later.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="left">Cancelled when the client has left.</param>
    /// <returns>The answer; dispose of it after reading its body. Null if too many different ones are asked for.</returns>
    /// <exception cref="OperationCanceledException">The client has left.</exception>
    internal async Task<ScrapeAnswer?> JoinAsync(ScrapeRequest request, CancellationToken left = default)
    {
        ScrapeAnswer? answer;
        lock (_gate)
        {
            var pass = _next ??= Plan();
            answer = pass.Find(request);
            if (answer is null)
            {
                if (!pass.HasRoomFor(request)) return null;
                pass.Add(answer = new ScrapeAnswer(this, request, pass.Completion, _free));
            }
            answer.Join();
        }
        try
        {
            await answer.Completion.WaitAsync(left);
            if (!answer.IsRefused) return answer;
            answer.Dispose();
            return null;
        }
        catch
        {
            answer.Dispose();
            throw;
        }
    }

    /// <summary>Counts an answer no more that nobody reads.</summary>
    internal void Forget(ScrapeAnswer answer) => _alive.Remove(answer);

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
        try
        {
            if (pass.Answers.Any(answer => answer.IsWanted)) await scrape(Admit(pass));
        }
        finally
        {
            foreach (var answer in pass.Answers) answer.Dispose();
        }
    }

    /// <summary>The answers of a pass that are to be written, each looked at when its turn comes.</summary>
    private IEnumerable<ScrapeAnswer> Admit(ScrapePass pass)
    {
        foreach (var answer in pass.Answers)
        {
            if (!answer.IsWanted) continue;
            if (!_alive.HasRoom(answer.Request.IsWhole, pass))
            {
                answer.Refuse();
                continue;
            }
            yield return answer;
            answer.Finish();
            _alive.Add(answer);
        }
    }
}

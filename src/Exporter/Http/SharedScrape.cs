using System.Buffers;

namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>Lets concurrent scrapes share passes over the store. Safe for any number of threads.</summary>
/// <remarks>
/// A request joins the next pass, never the running one, so its response includes everything that was recorded before it.
/// At most one pass runs and one waits, for any number of clients. The output of a pass is bounded, and a response without
/// a waiting client is not written.
/// </remarks>
internal sealed class SharedScrape(Func<IEnumerable<ScrapeAnswer>, Task> scrape)
{
    private readonly Lock _gate = new();
    private readonly ArrayPool<byte> _pool = AnswerBuffer.NewPool();
    private readonly AnswersAlive _alive = new();
    private ScrapePass? _next;
    private Task _last = Task.CompletedTask;

    internal SharedScrape(Action<IEnumerable<ScrapeAnswer>> scrape) : this(answers =>
    {
        scrape(answers);
        return Task.CompletedTask;
    })
    { }

    /// <summary>
    /// Waits for the next pass, which writes the response; <paramref name="left"/> is cancelled when the client disconnects.
    /// </summary>
    /// <returns>The response, which the caller disposes after reading its body; null if there are too many distinct requests.</returns>
    /// <exception cref="OperationCanceledException">The client disconnected.</exception>
    internal async Task<ScrapeAnswer?> JoinAsync(ScrapeRequest request, CancellationToken left = default)
    {
        ScrapePass pass;
        ScrapeAnswer? answer;
        lock (_gate)
        {
            pass = _next ??= Plan();
            answer = pass.Find(request);
            if (answer is null)
            {
                if (!pass.HasRoomFor(request)) return null;
                pass.Add(answer = new ScrapeAnswer(request, _alive, _pool));
            }
            answer.Join();
        }
        try
        {
            await pass.Completion.WaitAsync(left);
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

    private ScrapePass Plan()
    {
        var pass = new ScrapePass();
        _last = pass.Completion = RunAsync(pass, _last);
        return pass;
    }

    private async Task RunAsync(ScrapePass pass, Task previous)
    {
        await previous.ConfigureAwait(ConfigureAwaitOptions.ForceYielding | ConfigureAwaitOptions.SuppressThrowing);
        // From here on, no request can join the pass.
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

    /// <summary>The responses that a pass must write, each checked immediately before it is written.</summary>
    private IEnumerable<ScrapeAnswer> Admit(ScrapePass pass)
    {
        foreach (var answer in pass.Answers)
        {
            if (!answer.IsWanted) continue;
            answer.IsRefused = !_alive.HasRoom(answer.Request.IsWhole, pass);
            if (answer.IsRefused) continue;
            yield return answer;
            answer.Finish();
            _alive.Add(answer);
        }
    }
}

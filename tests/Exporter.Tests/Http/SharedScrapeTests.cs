using System.Buffers;
using System.IO.Compression;
using System.Text;
using GunicornPrometheusExporter.Exporter.Http;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.Http;

public sealed class SharedScrapeTests : IDisposable
{
    private readonly SemaphoreSlim _begun = new(0);
    private readonly SemaphoreSlim _mayEnd = new(0);
    private int _passes;

    private static ScrapeRequest Text => new(ContentNegotiation.FormatOf([]));

    public void Dispose()
    {
        _begun.Dispose();
        _mayEnd.Dispose();
    }

    [Fact]
    public async Task However_many_ask_during_a_pass_they_share_the_next()
    {
        var scrapes = new SharedScrape(NumberedPass);
        var first = scrapes.JoinAsync(Text);
        await Begun();

        var others = Enumerable.Range(0, 20).Select(_ => scrapes.JoinAsync(Text)).ToArray();
        _mayEnd.Release(2);

        Assert.Equal("pass 1", await TextOf(first));
        foreach (var other in others) Assert.Equal("pass 2", await TextOf(other));
        Assert.Equal(2, _passes);
    }

    [Fact]
    public async Task Requests_for_different_answers_share_a_pass()
    {
        var scrapes = new SharedScrape(NumberedPass);
        var first = scrapes.JoinAsync(Text);
        await Begun();
        var plain = scrapes.JoinAsync(Text);
        var some = scrapes.JoinAsync(Text with { Names = "up" });
        var compressed = scrapes.JoinAsync(Text with { IsCompressed = true });
        _mayEnd.Release(3);

        Assert.Equal("pass 1", await TextOf(first));
        Assert.Equal("pass 2", await TextOf(plain));
        Assert.Equal("pass 2 of up", await TextOf(some));
        using var answer = await compressed;
        using var gzip = new GZipStream(new MemoryStream(BytesOf(answer!)), CompressionMode.Decompress);
        using var text = new StreamReader(gzip);
        Assert.Equal("pass 2", await text.ReadToEndAsync(TestContext.Current.CancellationToken));
        Assert.Equal(2, _passes);
    }

    [Fact]
    public async Task Requests_for_the_same_share_its_bytes()
    {
        var scrapes = new SharedScrape(NumberedPass);
        var request = Text with { IsCompressed = true, Names = new(["a", "b"]) };
        var first = scrapes.JoinAsync(Text);
        await Begun();
        var one = scrapes.JoinAsync(request);
        var other = scrapes.JoinAsync(request with { Names = new(["a", "b"]) });
        _mayEnd.Release(2);

        Assert.Equal("pass 1", await TextOf(first));
        using var answer = await one;
        using var same = await other;
        Assert.Same(answer, same);
    }

    [Fact]
    public async Task A_request_after_a_pass_gets_a_new_one()
    {
        var scrapes = new SharedScrape(NumberedPass);
        _mayEnd.Release(2);

        Assert.Equal("pass 1", await TextOf(scrapes.JoinAsync(Text)));
        Assert.Equal("pass 2", await TextOf(scrapes.JoinAsync(Text)));
    }

    [Fact]
    public async Task A_text_stays_whole_until_its_last_reader_is_done()
    {
        var scrapes = new SharedScrape(NumberedPass);
        _mayEnd.Release(3);
        using var slow = await scrapes.JoinAsync(Text);

        await TextOf(scrapes.JoinAsync(Text));
        await TextOf(scrapes.JoinAsync(Text));

        Assert.Equal("pass 1", Encoding.UTF8.GetString(BytesOf(slow!)));
    }

    [Fact]
    public async Task A_pass_that_fails_fails_its_requests_and_no_other()
    {
        var fails = true;
        var scrapes = new SharedScrape(answers =>
        {
            foreach (var answer in answers) answer.Output.Write("half a te"u8);
            if (fails) throw new InvalidOperationException("the store is on fire");
        });

        await Assert.ThrowsAsync<InvalidOperationException>(() => scrapes.JoinAsync(Text));
        fails = false;

        Assert.Equal("half a te", await TextOf(scrapes.JoinAsync(Text)));
    }

    [Fact]
    public async Task Two_passes_never_run_at_once()
    {
        var running = 0;
        var most = 0;
        var scrapes = new SharedScrape(_ =>
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            Thread.Yield();
            Interlocked.Decrement(ref running);
        });

        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(async () => (await scrapes.JoinAsync(Text))!.Dispose())));

        Assert.Equal(1, most);
    }

    [Fact]
    public async Task A_client_that_left_before_the_pass_has_nothing_read_or_written()
    {
        using var left = new CancellationTokenSource();
        var scrapes = new SharedScrape(NumberedPass);
        var first = scrapes.JoinAsync(Text);
        await Begun();
        var gone = scrapes.JoinAsync(Text, left.Token);
        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        _mayEnd.Release(2);

        Assert.Equal("pass 1", await TextOf(first));
        // The second pass, for nobody, did not take place.
        Assert.Equal("pass 2", await TextOf(scrapes.JoinAsync(Text)));
    }

    [Fact]
    public async Task A_client_that_leaves_during_the_pass_has_nothing_written_any_more()
    {
        using var left = new CancellationTokenSource();
        var written = new List<string>();
        var scrapes = new SharedScrape(answers =>
        {
            _begun.Release();
            _mayEnd.Wait();
            foreach (var answer in answers)
            {
                written.Add(answer.Request.Names.ToString());
                if (written.Count == 1) left.Cancel();
            }
        });
        var stays = scrapes.JoinAsync(Text with { Names = "a" });
        await Begun();
        var one = scrapes.JoinAsync(Text with { Names = "b" });
        var other = scrapes.JoinAsync(Text with { Names = "c" }, left.Token);
        written.Add("");
        _mayEnd.Release(1);
        (await stays)!.Dispose();
        await Begun();
        written.Clear();
        _mayEnd.Release(1);

        (await one)!.Dispose();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => other);
        Assert.Equal(["b"], written);
    }

    [Fact]
    public async Task Sixteen_selections_share_a_pass_a_further_one_is_refused_and_whole_answers_never()
    {
        var scrapes = new SharedScrape(NumberedPass);
        var first = scrapes.JoinAsync(Text);
        await Begun();
        var selections = Enumerable.Range(0, 40).Select(i => scrapes.JoinAsync(Text with { Names = $"x{i % 20}" })).ToArray();
        var whole = scrapes.JoinAsync(Text with { IsCompressed = true });
        _mayEnd.Release(2);

        (await first)!.Dispose();
        var answers = await Task.WhenAll(selections);
        Assert.Equal(8, answers.Count(answer => answer is null));
        Assert.NotNull(await whole);
        foreach (var answer in answers) answer?.Dispose();
    }

    [Fact]
    public async Task Answers_that_nobody_finishes_reading_refuse_selections_and_give_way_to_whole_ones()
    {
        var scrapes = new SharedScrape(answers =>
        {
            foreach (var answer in answers)
            {
                for (var i = 0; i < 10 << 10; i++) answer.Output.Write(new byte[1024]);
            }
        });
        var slow = new List<ScrapeAnswer>();
        for (var i = 0; i < 4; i++) slow.Add((await scrapes.JoinAsync(Text with { Names = $"x{i}" }))!);

        Assert.Null(await scrapes.JoinAsync(Text with { Names = "y" }));
        using var whole = await scrapes.JoinAsync(Text);

        Assert.Equal(10 << 20, whole!.Length);
        Assert.Equal([true, false, false, false], slow.Select(answer => answer.Evicted.IsCancellationRequested));
        slow.ForEach(answer => answer.Dispose());
        using var again = await scrapes.JoinAsync(Text with { Names = "y" });
        Assert.NotNull(again);
    }

    private void NumberedPass(IEnumerable<ScrapeAnswer> answers)
    {
        var number = Interlocked.Increment(ref _passes);
        _begun.Release();
        _mayEnd.Wait();
        foreach (var answer in answers)
        {
            var names = string.Concat(answer.Request.Names.Select(name => $" of {name}"));
            answer.Output.Write(Encoding.UTF8.GetBytes($"pass {number}{names}"));
        }
    }

    private Task Begun() => _begun.WaitAsync(TestContext.Current.CancellationToken);

    private static async Task<string> TextOf(Task<ScrapeAnswer?> joined)
    {
        using var answer = await joined;
        return Encoding.UTF8.GetString(BytesOf(answer!));
    }

    private static byte[] BytesOf(ScrapeAnswer answer) => [.. answer.Body.SelectMany(chunk => chunk.ToArray())];
}

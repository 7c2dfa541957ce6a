using System.Buffers;
using System.Text;
using GunicornPrometheusExporter.Exporter.Http;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.Http;

public sealed class SharedScrapeTests : IDisposable
{
    private readonly SemaphoreSlim _begun = new(0);
    private readonly SemaphoreSlim _mayEnd = new(0);
    private int _passes;

    public void Dispose()
    {
        _begun.Dispose();
        _mayEnd.Dispose();
    }

    [Fact]
    public async Task However_many_ask_during_a_pass_they_share_the_next()
    {
        var scrapes = new SharedScrape(NumberedPass);
        var first = scrapes.JoinAsync();
        await Begun();

        var others = Enumerable.Range(0, 20).Select(_ => scrapes.JoinAsync()).ToArray();
        _mayEnd.Release(2);

        Assert.Equal("pass 1", await TextOf(first));
        foreach (var other in others) Assert.Equal("pass 2", await TextOf(other));
        Assert.Equal(2, _passes);
    }

    [Fact]
    public async Task A_request_after_a_pass_gets_a_new_one()
    {
        var scrapes = new SharedScrape(NumberedPass);
        _mayEnd.Release(2);

        Assert.Equal("pass 1", await TextOf(scrapes.JoinAsync()));
        Assert.Equal("pass 2", await TextOf(scrapes.JoinAsync()));
    }

    [Fact]
    public async Task A_text_stays_whole_until_its_last_reader_is_done()
    {
        var scrapes = new SharedScrape(NumberedPass);
        _mayEnd.Release(3);
        using var slow = await scrapes.JoinAsync();

        await TextOf(scrapes.JoinAsync());
        await TextOf(scrapes.JoinAsync());

        Assert.Equal("pass 1", Encoding.UTF8.GetString(slow.Text.Span));
    }

    [Fact]
    public async Task A_pass_that_fails_fails_its_requests_and_no_other()
    {
        var fails = true;
        var scrapes = new SharedScrape(output =>
        {
            output.Write("half a te"u8);
            if (fails) throw new InvalidOperationException("the store is on fire");
        });

        await Assert.ThrowsAsync<InvalidOperationException>(scrapes.JoinAsync);
        fails = false;

        Assert.Equal("half a te", await TextOf(scrapes.JoinAsync()));
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

        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(async () => (await scrapes.JoinAsync()).Dispose())));

        Assert.Equal(1, most);
    }

    private void NumberedPass(IBufferWriter<byte> output)
    {
        var number = Interlocked.Increment(ref _passes);
        _begun.Release();
        _mayEnd.Wait();
        output.Write(Encoding.UTF8.GetBytes($"pass {number}"));
    }

    private Task Begun() => _begun.WaitAsync(TestContext.Current.CancellationToken);

    private static async Task<string> TextOf(Task<ScrapePass> joined)
    {
        using var pass = await joined;
        return Encoding.UTF8.GetString(pass.Text.Span);
    }
}

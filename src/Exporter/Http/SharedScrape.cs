using System.Buffers;

namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>Lets concurrent scrapes share passes over the store. Safe for any number of threads.</summary>
/// <remarks>
/// A request joins the next pass that has not begun, never one under way: its answer holds everything that was counted
/// before it asked. So at most one pass runs and one waits, however many ask.
/// </remarks>
internal sealed class SharedScrape(Action<IBufferWriter<byte>> scrape)
{
    private const int MostFreeBuffers = 2;

    private readonly Lock _gate = new();
    private readonly Stack<ArrayBufferWriter<byte>> _free = new(MostFreeBuffers);
    private ScrapePass? _next;
    private Task _last = Task.CompletedTask;

    /// <summary>Waits for a pass that begins now or later.</summary>
    /// <returns>The pass; dispose of it after reading its text.</returns>
    internal async Task<ScrapePass> JoinAsync()
    {
        ScrapePass pass;
        lock (_gate)
        {
            pass = _next ??= Plan();
            pass.Join();
        }
        try
        {
            await pass.Completion;
            return pass;
        }
        catch
        {
            pass.Dispose();
            throw;
        }
    }

    internal void Return(ArrayBufferWriter<byte> buffer)
    {
        buffer.ResetWrittenCount();
        lock (_gate)
        {
            if (_free.Count < MostFreeBuffers) _free.Push(buffer);
        }
    }

    private ScrapePass Plan()
    {
        var buffer = _free.TryPop(out var free) ? free : new ArrayBufferWriter<byte>();
        var pass = new ScrapePass(this, buffer) { Completion = Task.CompletedTask };
        _last = pass.Completion = RunAsync(pass, _last);
        return pass;
    }

    private async Task RunAsync(ScrapePass pass, Task previous)
    {
        await previous.ConfigureAwait(ConfigureAwaitOptions.ForceYielding | ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate) _next = null;
        scrape(pass.Buffer);
    }
}

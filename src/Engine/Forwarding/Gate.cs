namespace GunicornPrometheusExporter.Forwarding;

/// <summary>Lets one caller at a time pass. Safe for any number of threads.</summary>
internal sealed class Gate : IDisposable
{
    private readonly SemaphoreSlim _semaphore = new(1);

    /// <summary>Waits until no other caller is inside. The caller leaves when it disposes the result.</summary>
    public async Task<IDisposable> EnterAsync()
    {
        await _semaphore.WaitAsync();
        return new Visit(_semaphore);
    }

    public void Dispose() => _semaphore.Dispose();

    private sealed class Visit(SemaphoreSlim semaphore) : IDisposable
    {
        public void Dispose() => semaphore.Release();
    }
}

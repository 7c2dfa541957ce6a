namespace GunicornPrometheusExporter.EndToEnd.Tests.Support;

/// <summary>Waits for what another process brings about.</summary>
internal static class Wait
{
    // Many times what it takes on a quiet machine.
    private const int Seconds = 120;

    internal static async Task UntilAsync(Func<Task<bool>> holds, string what)
    {
        for (var attempt = 0; attempt < Seconds * 20; attempt++)
        {
            if (await holds()) return;
            await Task.Delay(50);
        }
        throw new TimeoutException($"after {Seconds} s there was still not: {what}");
    }

    internal static Task UntilAsync(Func<bool> holds, string what) => UntilAsync(() => Task.FromResult(holds()), what);
}

namespace GunicornPrometheusExporter.EndToEnd.Tests.Support;

/// <summary>Waits for what another process brings about.</summary>
internal static class Wait
{
    internal static async Task UntilAsync(Func<Task<bool>> holds, string what, int seconds = 60)
    {
        for (var attempt = 0; attempt < seconds * 20; attempt++)
        {
            if (await holds()) return;
            await Task.Delay(50);
        }
        throw new TimeoutException($"after {seconds} s there was still not: {what}");
    }

    internal static Task UntilAsync(Func<bool> holds, string what, int seconds = 60) =>
        UntilAsync(() => Task.FromResult(holds()), what, seconds);
}

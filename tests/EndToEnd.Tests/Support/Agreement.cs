using Xunit;

namespace GunicornPrometheusExporter.EndToEnd.Tests.Support;

/// <summary>Holds what a receiver has stored against what is scraped.</summary>
internal static class Agreement
{
    private const double RelativeError = 1e-12;

    /// <summary>Waits until the receiver has each scraped series and no other, with the scraped value where that stands still.</summary>
    /// <remarks>
    /// Between two scrapes that agree on a value, every snapshot has it, once one of that time has arrived. VictoriaMetrics stores
    /// decimals of about fifteen digits.
    /// </remarks>
    /// <param name="server">What is scraped.</param>
    /// <param name="query">Asks the receiver for every series of the server.</param>
    /// <param name="storedName">The receiver's name of a scraped series.</param>
    internal static async Task WaitAsync(GunicornServer server, Func<Task<Dictionary<string, double>>> query, Func<string, string> storedName)
    {
        Exposition before, after;
        Dictionary<string, double> stored;
        string[] missing;
        KeyValuePair<string, double>[] still;
        var end = TimeProvider.System.GetUtcNow().AddSeconds(60);
        do
        {
            before = await server.ScrapeAsync();
            await Task.Delay(3500);
            stored = await query();
            after = await server.ScrapeAsync();
            var scraped = before.Samples.Where(sample => after.Samples.ContainsKey(sample.Key)).ToArray();
            missing = [.. scraped.Select(sample => storedName(sample.Key)).Except(stored.Keys)];
            still = [.. scraped.Where(sample => after.Samples[sample.Key] == sample.Value)];
        }
        while ((missing.Length > 0 || !still.All(Agrees)) && TimeProvider.System.GetUtcNow() < end);

        Assert.Empty(missing);
        Assert.Empty(stored.Keys.Except(before.Samples.Keys.Concat(after.Samples.Keys).Select(storedName)));
        Assert.InRange(still.Length, before.Samples.Count / 2, before.Samples.Count);
        Assert.All(still, sample => Assert.True(
            Agrees(sample), $"{sample.Key}: scraped {sample.Value}, stored {stored[storedName(sample.Key)]}"));
        bool Agrees(KeyValuePair<string, double> sample) =>
            Math.Abs(sample.Value - stored[storedName(sample.Key)]) <= Math.Abs(sample.Value) * RelativeError;
    }
}

using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Exporter.Http;
using GunicornPrometheusExporter.Flights;

namespace GunicornPrometheusExporter.Exporter;

/// <summary>The two uses of the store, one at a time: scrapes, and the accounts of workers that died.</summary>
internal sealed class StoreReading(StoreAggregator aggregator, DeathAccountant accountant)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();

    /// <summary>Reads the store once, deaths until now included, and writes every answer.</summary>
    internal void Scrape(IReadOnlyList<ScrapeAnswer> answers)
    {
        lock (_gate)
        {
            accountant.Account();
            aggregator.Refresh();
            foreach (var answer in answers)
            {
                var (format, _, names) = answer.Request;
                aggregator.Write(answer.Output, format, names.Count == 0 ? null : new HashSet<string>(names!));
            }
        }
    }

    /// <summary>Accounts for deaths once a second, so that they are told of while nobody scrapes.</summary>
    internal async Task AccountAsync(CancellationToken end)
    {
        using var timer = new PeriodicTimer(Interval);
        try
        {
            while (await timer.WaitForNextTickAsync(end))
            {
                lock (_gate) accountant.Account();
            }
        }
        catch (OperationCanceledException)
        {
            // Told to end.
        }
    }
}

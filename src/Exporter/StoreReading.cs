using System.Buffers;
using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Flights;

namespace GunicornPrometheusExporter.Exporter;

/// <summary>The two uses of the store, one at a time: scrapes, and the accounts of workers that died.</summary>
internal sealed class StoreReading(StoreAggregator aggregator, DeathAccountant accountant)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();

    /// <summary>Writes what the store says, deaths until now included.</summary>
    internal void Scrape(IBufferWriter<byte> output)
    {
        lock (_gate)
        {
            accountant.Account();
            aggregator.Scrape(output);
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

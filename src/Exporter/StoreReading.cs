using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Deaths;
using GunicornPrometheusExporter.Exporter.Http;
using GunicornPrometheusExporter.Folding;
using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Exporter;

/// <summary>The uses of the store: scrapes and accounting for dead workers, one at a time, and compaction beside them.</summary>
internal sealed class StoreReading(
    StoreAggregator aggregator, DeathAccountant accountant, StoreFolding folding, StoreWatch watch,
    ConfigurationInForce configuration, ILogger log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FoldingInterval = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly BackgroundWork _watching = new("store", log);
    private readonly BackgroundWork _accounting = new("accounting", log);
    private readonly BackgroundWork _folding = new("folding", log);

    /// <summary>Other work beside the scrapes, whose failures the metrics count.</summary>
    internal IReadOnlyList<BackgroundWork> Beside { get; init; } = [];

    /// <summary>Why the store is lost, or why accounting for dead workers or compaction fails; null if all is well.</summary>
    internal string? Problem => _watching.Problem ?? _accounting.Problem ?? _folding.Problem;

    /// <summary>Reads the store once, including deaths until now, and writes every response.</summary>
    internal void Scrape(IEnumerable<ScrapeAnswer> answers)
    {
        lock (_gate)
        {
            Refresh();
            foreach (var answer in answers)
            {
                aggregator.Write(answer.Output, answer.Request.Format, answer.Request.NameSet);
            }
        }
    }

    /// <summary>Reads the store once, likewise, and copies the samples.</summary>
    internal MetricSnapshot Snapshot()
    {
        lock (_gate)
        {
            Refresh();
            return aggregator.Snapshot();
        }
    }

    /// <summary>Reads the store once, likewise, with the oldest requests in flight of the workers.</summary>
    internal (MetricSnapshot Snapshot, IReadOnlyCollection<OldestRequest> Oldest) Look()
    {
        lock (_gate)
        {
            Refresh();
            return (aggregator.Snapshot(), aggregator.Flights.ReadOldest());
        }
    }

    /// <summary>Checks the store and accounts for deaths once per second, also without scrapes, and for deaths at the end.</summary>
    internal async Task AccountAsync(CancellationToken end)
    {
        // At once: what it has not seen in use it cannot miss.
        _watching.Run(watch.Look);
        using var timer = new PeriodicTimer(Interval);
        try
        {
            while (await timer.WaitForNextTickAsync(end))
            {
                _watching.Run(watch.Look);
                lock (_gate) Account();
            }
        }
        catch (OperationCanceledException)
        {
            lock (_gate) Account();
        }
    }

    /// <summary>Compacts the files of dead processes, a second after the start and then every five.</summary>
    internal async Task FoldAsync(CancellationToken end)
    {
        try
        {
            for (var pause = Interval; ; pause = FoldingInterval)
            {
                await Task.Delay(pause, end);
                _folding.Run(() => configuration.Config.CleanupDbFiles ? folding.Fold(end) : null);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    private void Refresh()
    {
        Account();
        aggregator.MaximumSeries = configuration.Config.MaxSeries;
        aggregator.LastReload = configuration.Status;
        aggregator.Compactions = folding.Compactions;
        aggregator.BackgroundFailures = Beside.Append(_folding).Append(_accounting)
            .ToDictionary(work => work.Name, work => work.Failures);
        aggregator.Refresh();
    }

    private void Account()
    {
        accountant.MaximumLabelValues = configuration.Config.MaxLabelValues;
        _accounting.Run(accountant.Account);
    }
}

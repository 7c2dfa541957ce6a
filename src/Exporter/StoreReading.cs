using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Exporter.Http;
using GunicornPrometheusExporter.Flights;
using GunicornPrometheusExporter.Folding;
using GunicornPrometheusExporter.Forwarding;

namespace GunicornPrometheusExporter.Exporter;

/// <summary>The uses of the store: scrapes and the accounts of workers that died, one at a time, and folding beside them.</summary>
/// <param name="aggregator">Reads the store.</param>
/// <param name="accountant">Accounts for deaths.</param>
/// <param name="folding">Folds the files of dead processes.</param>
/// <param name="watch">Watches whether Gunicorn records in the store.</param>
/// <param name="configuration">The settings in force.</param>
/// <param name="log">Told of faults that neither of them foresees.</param>
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

    /// <summary>Other work beside the scrapes, the faults of which the metrics count.</summary>
    internal IReadOnlyList<BackgroundWork> Beside { get; init; } = [];

    /// <summary>Why what Gunicorn records is not read, dead workers are not accounted for, or dead processes' files not folded.</summary>
    /// <remarks>Null if all is well.</remarks>
    internal string? Problem => _watching.Problem ?? _accounting.Problem ?? _folding.Problem;

    /// <summary>Reads the store once, deaths until now included, and writes every answer.</summary>
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

    /// <summary>Reads the store once, likewise, and copies what it says.</summary>
    internal MetricSnapshot Snapshot()
    {
        lock (_gate)
        {
            Refresh();
            return aggregator.Snapshot();
        }
    }

    /// <summary>Reads the store once, likewise, and what the workers have had in hand for longest.</summary>
    internal (MetricSnapshot Snapshot, IReadOnlyCollection<OldestRequest> Oldest) Look()
    {
        lock (_gate)
        {
            Refresh();
            return (aggregator.Snapshot(), aggregator.Flights.ReadOldest());
        }
    }

    /// <summary>Looks at the store and accounts for deaths, once a second, also while nobody scrapes; for deaths at the end too.</summary>
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

    /// <summary>Folds the files of dead processes, a second after the start and then every five.</summary>
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
            // Told to end.
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

using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Deaths;
using GunicornPrometheusExporter.Exporter.Http;
using GunicornPrometheusExporter.Exporter.Readings;
using GunicornPrometheusExporter.Exporter.Trends;
using GunicornPrometheusExporter.Folding;
using GunicornPrometheusExporter.Incidents;
using GunicornPrometheusExporter.Workers;

namespace GunicornPrometheusExporter.Exporter;

/// <summary>
/// Coordinates the use of the store: scrapes and accounting for dead workers, one at a time, with compaction in parallel.
/// </summary>
internal sealed class StoreReading(
    StoreAggregator aggregator, DeathAccountant accountant, StoreFolding folding, StoreWatch watch,
    MasterReloads reloads, Trend trend, ConfigurationInForce configuration, ILogger log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FoldingInterval = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly BackgroundWork _watching = new("store", log);
    private readonly BackgroundWork _accounting = new("accounting", log);
    private readonly BackgroundWork _folding = new("folding", log);
    private readonly BackgroundWork _reloads = new("reloads", log);

    // The configuration whose settings are in use.
    private ExporterConfig? _applied;

    /// <summary>The background tasks whose failures the metrics count.</summary>
    internal IReadOnlyList<BackgroundWork> Work => [_folding, _accounting];

    /// <summary>Why the store is lost, or why accounting for dead workers or compaction is failing; null if healthy.</summary>
    internal string? Problem => _watching.Problem ?? _accounting.Problem ?? _folding.Problem;

    /// <summary>Reads the store once, with all deaths until now, and writes every response.</summary>
    internal void Scrape(IEnumerable<ScrapeAnswer> answers)
    {
        lock (_gate)
        {
            Refresh();
            foreach (var answer in answers)
            {
                var (format, escaping, _) = answer.Request.Format;
                aggregator.Write(answer.Output, format, answer.Request.NameSet, escaping);
            }
        }
    }

    /// <summary>Reads the store in the same way, and copies the samples, with their details if these are used.</summary>
    internal MetricSnapshot Snapshot(bool isDetailed)
    {
        lock (_gate)
        {
            Refresh();
            var snapshot = isDetailed ? aggregator.DetailedSnapshot() : aggregator.Snapshot();
            return snapshot with { Incidents = accountant.Incidents.Read() };
        }
    }

    /// <summary>Reads the store in the same way, with the workers' oldest requests in flight, and native histograms by route.</summary>
    internal StoreLook Look()
    {
        lock (_gate)
        {
            Refresh();
            var natives = aggregator.NativeBucketsOf(MetricCatalogue.HttpRequestDuration)
                .Select(bucket => new Sample(bucket.Bucket, bucket.Count));
            return new(aggregator.Snapshot(), aggregator.Flights.ReadOldest(), [.. natives])
            {
                Incidents = accountant.Incidents.Read(),
            };
        }
    }

    /// <summary>The workers that have slow requests, as the last accounting found them.</summary>
    internal IReadOnlyList<SlowWorker> ReadSlow()
    {
        lock (_gate) return aggregator.Flights.ReadSlow();
    }

    /// <summary>
    /// Checks the store, accounts for deaths, finds reloads and observes peaks once per second, and reads the store for the history once
    /// in five seconds, even without scrapes.
    /// </summary>
    /// <remarks>It accounts for deaths once more at the end.</remarks>
    internal async Task AccountAsync(CancellationToken end)
    {
        // Immediately, because only a store that was seen in use can be reported as lost.
        _watching.Run(watch.Look);
        using var timer = new PeriodicTimer(Interval);
        using var ending = end.Register(timer.Dispose);
        while (await timer.WaitForNextTickAsync(CancellationToken.None))
        {
            _watching.Run(watch.Look);
            _reloads.Run(reloads.Look);
            lock (_gate)
            {
                // Five seconds without a scrape.
                if (trend.IsDue) Refresh();
                else
                {
                    Account();
                    // The accounting has just read the flight files.
                    aggregator.Look();
                }
            }
        }
        lock (_gate) Account();
    }

    /// <summary>Compacts the files of dead processes, one second after the start and then every five seconds.</summary>
    internal async Task FoldAsync(CancellationToken end)
    {
        for (var pause = Interval; ; pause = FoldingInterval)
        {
            await Task.Delay(pause, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (end.IsCancellationRequested) return;
            folding.MaximumDeadGauges = configuration.Config.MaxDeadGauges;
            _folding.Run(() => configuration.Config.CleanupDbFiles ? folding.Fold(end) : null);
        }
    }

    private void Refresh()
    {
        Account();
        aggregator.Refresh();
    }

    private void Account()
    {
        if (_applied != configuration.Config) Apply(_applied = configuration.Config);
        _accounting.Run(accountant.Account);
    }

    private void Apply(ExporterConfig config)
    {
        accountant.MaximumLabelValues = config.MaxLabelValues;
        aggregator.Flights.Patterns = config.Routes;
        aggregator.Flights.Choice = RequestChoice.Of(config);
        aggregator.MaximumSeries = config.MaxSeries;
        // The setting of the legacy metrics takes effect only at a restart.
        var isPerWorker = config.PerWorker || aggregator.Sources.Any(source => source is LegacySamples);
        aggregator.Choice = new(isPerWorker, config.ExcludedFamilies);
        aggregator.RouteMemory.IsOn = config.RouteMemory;
    }
}

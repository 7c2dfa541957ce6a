using System.Globalization;
using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Deaths;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Engine.Tests.Aggregation;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Recording;
using GunicornPrometheusExporter.Routes;
using GunicornPrometheusExporter.Workers;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Workers;

/// <summary>What a worker leaves that is killed between any two of the stores with which it finishes a request.</summary>
/// <remarks>The order of the stores is that of the flight file's layout; <c>test_kill_anywhere.py</c> holds the code to it.</remarks>
public sealed class KilledWorkerTests : IDisposable
{
    private const string Failed = "{endpoint=/x,method=GET,status_code=500}";

    private static readonly RequestChoice EverythingIsSlow = new() { Slow = SlowThresholds.TryParse("0.0000001")! };

    private readonly TemporaryDirectory _directory = new();
    private readonly Dictionary<string, byte[]> _before;
    private readonly Dictionary<string, byte[]> _after;
    private readonly (string File, int Offset)[] _stores;

    public KilledWorkerTests()
    {
        using var worker = Open(_directory.Path);
        worker.HandleRequest("GET"u8, "/x"u8, () => 500);
        var token = worker.RequestStarted("GET"u8, "/x"u8, default);
        worker.RequestResponding(token, 500);
        // The end of the request then updates no metrics of the process, which would be further stores.
        worker.UpdateWorkerMetrics();
        _before = Snapshot();
        worker.RequestFinished(token, 500, 12);
        _after = Snapshot();
        _stores = [.. _before.SelectMany(file => Changed(file.Key)).OrderBy(RankOf)];
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void It_writes_the_record_then_commits_then_changes_cells_and_entry_then_says_so()
    {
        Assert.Equal([0, 1, 2, 3, 4], _stores.Select(RankOf).Distinct());
        // Four counters, the busy seconds, and four histograms, but the sum of the request sizes stays 0. A duration may change
        // one half of a cell or both.
        var cells = _stores.Where(store => RankOf(store) == 2).Select(store => (store.File, store.Offset / sizeof(double)));
        Assert.Equal(5 + (2 * 4) - 1, cells.Distinct().Count());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_request_is_counted_once_whatever_store_was_the_last(bool hasSuccessor)
    {
        for (var done = 0; done <= _stores.Length; done++)
        {
            using var left = new TemporaryDirectory();
            Leave(left.Path, _stores.Take(done));
            Assert.True(Counts(left.Path, hasSuccessor, isCommitted: done > Commit), $"killed after {done} of {_stores.Length} stores");
        }
    }

    [Fact]
    public void A_recovery_that_is_itself_killed_is_done_again()
    {
        var random = new Random(3);
        for (var run = 0; run < 50; run++)
        {
            using var left = new TemporaryDirectory();
            // What is committed, and any of the rest.
            var rest = _stores.Skip(Commit + 1).SkipLast(1).Where(_ => random.Next(2) == 0);
            Leave(left.Path, _stores.Take(Commit + 1).Concat(rest));
            Assert.True(Counts(left.Path, hasSuccessor: false, isCommitted: true), $"run {run}");
        }
    }

    /// <summary>How many stores come before the one that commits.</summary>
    private int Commit => Array.FindIndex(_stores, store => RankOf(store) == 1);

    private static bool Counts(string directory, bool hasSuccessor, bool isCommitted)
    {
        var successor = 0;
        if (hasSuccessor)
        {
            using var next = Open(directory);
            next.HandleRequest("GET"u8, "/x"u8, () => 500);
            successor = 1;
        }
        using var aggregator = new StoreAggregator(directory, NullLogger.Instance);
        aggregator.Flights.Choice = EverythingIsSlow;
        new DeathAccountant(directory, aggregator.Flights, 50, NullLogger.Instance).Account();
        var samples = aggregator.Read().Samples;
        var observed = successor + (isCommitted ? 2 : 1);
        return Directory.GetFiles(directory, "flight_*").Length == 0
            && samples["gunicorn_worker_requests_total{worker_id=worker_1}"] == successor + 2
            && samples["gunicorn_http_requests_total" + Failed] == successor + 2
            && samples[$"gunicorn_worker_failed_requests_total{Failed[..^1]},worker_id=worker_1}}"] == successor + 2
            && samples["gunicorn_slow_requests_total{endpoint=/x,method=GET}"] == successor + 2
            && samples["gunicorn_worker_requests_lost_total{reason=signal,worker_id=worker_1}"] == (isCommitted ? 0 : 1)
            && samples["gunicorn_worker_request_duration_seconds_count{worker_id=worker_1}"] == observed
            && samples["gunicorn_http_request_duration_seconds_count{endpoint=/x,method=GET}"] == observed
            && samples["gunicorn_worker_response_size_bytes_count{worker_id=worker_1}"] == observed
            && samples["gunicorn_worker_response_size_bytes_sum{worker_id=worker_1}"] == (isCommitted ? 12 : 0);
    }

    private static PrometheusWorker Open(string directory) =>
        new(SlotStore.Open(directory, SlotKind.Worker, EntryLayout.Timestamped), TimeProvider.System) { Choice = EverythingIsSlow };

    private Dictionary<string, byte[]> Snapshot() =>
        Directory.GetFiles(_directory.Path).ToDictionary(path => Path.GetFileName(path), File.ReadAllBytes);

    private IEnumerable<(string File, int Offset)> Changed(string file)
    {
        var (before, after) = (_before[file], _after[file]);
        for (var offset = 0; offset < before.Length; offset += sizeof(int))
        {
            if (!before.AsSpan(offset, sizeof(int)).SequenceEqual(after.AsSpan(offset, sizeof(int)))) yield return (file, offset);
        }
    }

    private static int RankOf((string File, int Offset) store) => (store.File.StartsWith("flight_", StringComparison.Ordinal), store.Offset) switch
    {
        (false, _) => 2,
        (true, 16) => 1,
        (true, 20) => 4,
        (true, >= 64 and < 640) => 0,
        (true, >= 640) => 3,
        _ => throw new InvalidOperationException($"{store} is none of a request's"),
    };

    /// <summary>Makes a store as it was before the request was finished, some of the stores done, and its worker dead.</summary>
    private void Leave(string directory, IEnumerable<(string File, int Offset)> stores)
    {
        var files = _before.ToDictionary(file => file.Key, file => file.Value.ToArray());
        foreach (var (file, offset) in stores) _after[file].AsSpan(offset, sizeof(int)).CopyTo(files[file].AsSpan(offset));
        foreach (var (file, bytes) in files) File.WriteAllBytes(Path.Combine(directory, file), bytes);
        var exit = string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"pid": {{Environment.ProcessId}}, "reason": "signal", "monotonic": {{MonotonicClock.Seconds()}}}{{"\n"}}""");
        File.WriteAllText(Path.Combine(directory, "master-1.exits"), exit);
    }
}

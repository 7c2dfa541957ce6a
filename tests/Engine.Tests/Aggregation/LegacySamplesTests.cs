using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Engine.Tests.Files;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Aggregation;

public sealed class LegacySamplesTests : IDisposable
{
    private const string Failed = "gunicorn_worker_failed_requests_total";

    private readonly TemporaryDirectory _directory = new();
    private readonly MessageList _log = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_700_000_000));
    private readonly StoreAggregator _aggregator;

    public LegacySamplesTests()
    {
        _aggregator = new StoreAggregator(_directory.Path, _log, _time);
        Write(
            "counter_master-1.db",
            [.. WorkerExitReasons.All.Select((reason, i) => Counter("gunicorn_worker_exits_total", i, ("reason", reason))),
                Counter("gunicorn_master_signals_total", 3, ("signal", "hup"))]);
        Fail(status: 500, times: 4);
    }

    public void Dispose()
    {
        _aggregator.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void No_legacy_name_is_served_by_default()
    {
        var samples = _aggregator.Read().Samples.Keys;

        var legacy = MetricCatalogue.All.Where(family => family.Source == FamilySource.Legacy).Select(family => family.Name).ToArray();
        Assert.Equal(8, legacy.Length);
        Assert.DoesNotContain(samples, sample => legacy.Contains(sample.Split('{')[0]) || sample.Contains("error_type=", StringComparison.Ordinal));
    }

    [Fact]
    public void Exits_are_restarts_by_reason_and_signals_are_the_masters()
    {
        Bridge();

        var samples = _aggregator.Read().Samples;

        foreach (var (i, reason) in WorkerExitReasons.All.Index())
        {
            var kind = reason is "graceful" or "max_requests" or "reload" ? "graceful" : "forced";
            Assert.Equal(i, samples[$"gunicorn_worker_restart_total{{reason={reason},worker_id=all}}"]);
            Assert.Equal(i, samples[$"gunicorn_worker_restart_count_total{{reason={reason},restart_type={kind},worker_id=all}}"]);
            Assert.Equal(i, samples[$"gunicorn_master_worker_restart_count_total{{reason={reason},restart_type={kind},worker_id=all}}"]);
        }
        Assert.Equal(3, samples["gunicorn_master_worker_restart_total{reason=hup}"]);
    }

    [Fact]
    public void The_states_of_the_end_have_both_names()
    {
        Write(
            "gauge_livemax_worker-1.db",
            [.. WorkerStates.All.Select(state => TestEntry.Of(
                "gunicorn_worker_state", "gunicorn_worker_state", [("worker_id", "worker_1"), ("state", state)], 0))]);
        Bridge();

        var samples = _aggregator.Read().Samples;

        Assert.Equal(0, samples["gunicorn_worker_state{state=quitting,worker_id=worker_1}"]);
        Assert.Equal(0, samples["gunicorn_worker_state{state=aborting,worker_id=worker_1}"]);
        Assert.Equal(7, samples.Keys.Count(sample => sample.StartsWith("gunicorn_worker_state{", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_failed_request_is_one_sample_with_both_labels()
    {
        Bridge();
        Assert.Equal([4], FailuresOf("endpoint=/,error_type=500,method=GET,status_code=500,worker_id=worker_1"));

        Fail(status: 404, times: 2);

        for (var scrape = 0; scrape < 2; scrape++)
        {
            Assert.Equal([2], FailuresOf("endpoint=/,error_type=404,method=GET,status_code=404,worker_id=worker_1"));
        }
    }

    [Fact]
    public void The_sidecars_metrics_are_the_exporters()
    {
        var status = new ForwarderStatus { State = ForwarderState.Running };
        _aggregator.Sources.Add(new ForwarderSamples(new Dictionary<string, ForwarderStatus> { ["redis"] = status, ["other"] = new() }, _time));
        Bridge();

        var samples = _aggregator.Read().Samples;

        Assert.Equal(1, samples["gunicorn_sidecar_redis_connected{}"]);
        Assert.Equal(samples["gunicorn_exporter_store_files{}"], samples["gunicorn_sidecar_multiproc_files_count{}"]);
        Assert.Equal(samples["gunicorn_exporter_store_bytes{}"], samples["gunicorn_sidecar_multiproc_dir_size_bytes{}"]);
        Assert.Equal(1_700_000_000 - samples["process_start_time_seconds{}"], samples["gunicorn_sidecar_uptime_seconds{}"], 1e-3);
    }

    [Fact]
    public void A_legacy_name_is_the_applications_while_no_legacy_name_is_served()
    {
        Write("counter_4000000.db", Counter("gunicorn_worker_restart_total", 7, ("reason", "own")));

        Assert.Equal(7, _aggregator.Read().Samples["gunicorn_worker_restart_total{reason=own}"]);
        Assert.Empty(_log.Messages);
    }

    [Fact]
    public void A_legacy_name_is_the_exporters_once_legacy_names_are_served()
    {
        Bridge();
        Write("gauge_all_4000000.db", TestEntry.Of("gunicorn_sidecar_redis_connected", "gunicorn_sidecar_redis_connected", [], 7));

        // Nothing is forwarded to Redis, so the exporter has no sample of that name either.
        Assert.DoesNotContain(_aggregator.Read().Samples.Keys, sample => sample.StartsWith("gunicorn_sidecar_redis", StringComparison.Ordinal));
        Assert.Contains("gunicorn_sidecar_redis_connected", Assert.Single(_log.Messages), StringComparison.Ordinal);
    }

    private void Bridge() => _aggregator.Sources.Add(new LegacySamples(_time));

    /// <summary>The values of all failed requests, which must be one sample with these labels.</summary>
    private double[] FailuresOf(string labels)
    {
        var samples = _aggregator.Read().Samples.Where(sample => sample.Key.StartsWith(Failed, StringComparison.Ordinal)).ToArray();
        Assert.Equal($"{Failed}{{{labels}}}", Assert.Single(samples).Key);
        Assert.Empty(_log.Messages);
        return [.. samples.Select(sample => sample.Value)];
    }

    private void Fail(int status, double times) => Write(
        "counter_worker-1.db",
        Counter(Failed, times, ("worker_id", "worker_1"), ("method", "GET"), ("endpoint", "/"), ("status_code", $"{status}")));

    private static TestEntry Counter(string name, double value, params (string, string)[] labels) =>
        TestEntry.Of(name[..^MetricFamily.TotalSuffix.Length], name, labels, value);

    private void Write(string file, params IEnumerable<TestEntry> entries) =>
        TestFile.Write(_directory[file], EntryLayout.Timestamped, [.. entries]);
}

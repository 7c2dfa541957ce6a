using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Snapshots;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Aggregation;

public sealed class ForwarderSamplesTests
{
    [Fact]
    public void A_forwarder_shows_how_it_fares()
    {
        using var directory = new TemporaryDirectory();
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_700_000_000));
        using var aggregator = new StoreAggregator(directory.Path, NullLogger.Instance, time);
        var statuses = new Dictionary<string, ForwarderStatus>
        {
            ["mine"] = new()
            {
                State = ForwarderState.Failing,
                Sent = 5,
                Failed = 3,
                Dropped = 2,
                Bytes = 700,
                Waiting = 1,
                LastSuccess = time.GetUtcNow() - TimeSpan.FromSeconds(60),
                BehindSince = time.GetUtcNow() - TimeSpan.FromSeconds(30),
            },
        };
        aggregator.Sources.Add(new ForwarderSamples(statuses, time));

        var samples = aggregator.Read().Where(name => name.StartsWith("gunicorn_exporter_forwarder", StringComparison.Ordinal));

        Assert.Equal(
            new()
            {
                ["gunicorn_exporter_forwarder_up{forwarder=mine}"] = 0,
                ["gunicorn_exporter_forwarder_last_success_timestamp_seconds{forwarder=mine}"] = 1_699_999_940,
                ["gunicorn_exporter_forwarder_lag_seconds{forwarder=mine}"] = 30,
                ["gunicorn_exporter_forwarder_snapshots_total{forwarder=mine,outcome=sent}"] = 5,
                ["gunicorn_exporter_forwarder_snapshots_total{forwarder=mine,outcome=failed}"] = 3,
                ["gunicorn_exporter_forwarder_snapshots_total{forwarder=mine,outcome=dropped}"] = 2,
                ["gunicorn_exporter_forwarder_sent_bytes_total{forwarder=mine}"] = 700,
            },
            samples);
    }
}

using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Engine.Tests.Master;
using GunicornPrometheusExporter.Files;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Aggregation;

public sealed class MasterSamplesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly StoreAggregator _aggregator;

    public MasterSamplesTests() => _aggregator = new StoreAggregator(_directory.Path, NullLogger.Instance);

    public void Dispose()
    {
        _aggregator.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void The_memory_and_age_of_a_master_show_while_it_lives_and_two_are_one()
    {
        using var older = new SlotHolder(_directory.Path, SlotKind.Master, 1);
        var one = _aggregator.Read().Samples;
        Assert.InRange(one["gunicorn_master_memory_bytes{}"], 1e6, 1e9);
        Assert.InRange(one["gunicorn_master_uptime_seconds{}"], 0, 600);
        using (new SlotHolder(_directory.Path, SlotKind.Master, 2))
        {
            var two = _aggregator.Read().Samples;
            Assert.True(two["gunicorn_master_memory_bytes{}"] > 1.5 * one["gunicorn_master_memory_bytes{}"]);
            Assert.True(two["gunicorn_master_uptime_seconds{}"] >= one["gunicorn_master_uptime_seconds{}"]);
        }
        older.Dispose();
        Assert.DoesNotContain("gunicorn_master_memory_bytes{}", _aggregator.Read().Samples.Keys);
    }

    [Fact]
    public void The_exporter_tells_what_it_uses_itself()
    {
        var samples = _aggregator.Read().Samples;
        Assert.InRange(samples["process_resident_memory_bytes{}"], 1e6, 10e9);
        Assert.InRange(
            samples["process_virtual_memory_bytes{}"],
            samples["process_resident_memory_bytes{}"], samples["process_virtual_memory_max_bytes{}"]);
        Assert.True(samples["process_cpu_seconds_total{}"] > 0);
        Assert.InRange(samples["process_open_fds{}"], 3, samples["process_max_fds{}"]);
        Assert.InRange(
            samples["process_start_time_seconds{}"],
            DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 3600, DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 1);
        Assert.Equal(samples["process_start_time_seconds{}"], _aggregator.Read().Samples["process_start_time_seconds{}"]);
    }
}

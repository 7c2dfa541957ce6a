using GunicornPrometheusExporter.Exporter.Readings;
using GunicornPrometheusExporter.Exporter.Trends;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.Trends;

public sealed class MemoryHistoryTests
{
    private readonly MemoryHistory _history = new();

    [Fact]
    public void The_memory_of_a_worker_grows_from_that_of_the_same_process_at_most_six_hours_ago()
    {
        for (var read = 0; read < 60; read++) _history.Add("worker_1", "11", At(600 * read), 1000 * read);

        // Of 60 values the last 36 are kept.
        Assert.Equal(new Growth(59_000 - 24_000, TimeSpan.FromMinutes(350)), GrowthAt(59 * 600, "11", 59_000));
        Assert.Null(GrowthAt(59 * 600, "12", 59_000));
    }

    [Fact]
    public void A_process_has_no_growth_before_a_minute()
    {
        _history.Add("worker_1", "11", At(0), 7);
        _history.Add("worker_1", "12", At(600), 70);

        Assert.Null(GrowthAt(659, "12", 80));
        Assert.Equal(new Growth(10, TimeSpan.FromMinutes(1)), GrowthAt(660, "12", 80));
    }

    private static DateTimeOffset At(int seconds) => DateTimeOffset.UnixEpoch.AddSeconds(seconds);

    private Growth? GrowthAt(int seconds, string pid, double bytes) =>
        _history.GrowthOf(new() { Id = "worker_1", State = "running", Pid = pid, Memory = bytes }, At(seconds));
}

using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Files;

public sealed class StoreFileNameReadTests
{
    [Theory]
    [InlineData("counter_17.db", MetricType.Counter, GaugeMode.All, false, "17")]
    [InlineData("histogram_17.db", MetricType.Histogram, GaugeMode.All, false, "17")]
    [InlineData("summary_17.db", MetricType.Summary, GaugeMode.All, false, "17")]
    [InlineData("gauge_all_17.db", MetricType.Gauge, GaugeMode.All, false, "17")]
    [InlineData("gauge_liveall_17.db", MetricType.Gauge, GaugeMode.All, true, "17")]
    [InlineData("gauge_min_17.db", MetricType.Gauge, GaugeMode.Min, false, "17")]
    [InlineData("gauge_livemax_worker-1.db", MetricType.Gauge, GaugeMode.Max, true, "worker-1")]
    [InlineData("gauge_livesum_17.db", MetricType.Gauge, GaugeMode.Sum, true, "17")]
    [InlineData("gauge_livemostrecent_17.db", MetricType.Gauge, GaugeMode.MostRecent, true, "17")]
    [InlineData("counter_app_web_1.db", MetricType.Counter, GaugeMode.All, false, "app_web_1")]
    [InlineData("gauge_sum_app_web_1.db", MetricType.Gauge, GaugeMode.Sum, false, "app_web_1")]
    [InlineData("gauge_latest_17.db", MetricType.Gauge, GaugeMode.All, false, "17")]
    internal void A_name_says_type_mode_and_owner(string text, MetricType type, GaugeMode mode, bool live, string owner)
    {
        Assert.True(StoreFileName.TryParse(text, out var name));
        Assert.Equal(new StoreFileName(type, mode, live, owner), name);
    }

    [Theory]
    [InlineData("x.db")]
    [InlineData("counter.db")]
    [InlineData("gauge_17.db")]
    [InlineData("info_17.db")]
    [InlineData("counter_17.db.corrupt")]
    [InlineData("slots.lock")]
    public void Other_names_are_none_of_a_store_file(string text) => Assert.False(StoreFileName.TryParse(text, out _));

    [Theory]
    [InlineData("counter_worker-3.db", true, SlotKind.Worker, 3)]
    [InlineData("counter_master-1.db", true, SlotKind.Master, 1)]
    [InlineData("counter_process-2.db", true, SlotKind.Process, 2)]
    [InlineData("counter_17.db", false, default(SlotKind), 0)]
    [InlineData("counter_worker-x.db", false, default(SlotKind), 0)]
    [InlineData("counter_worker-0.db", false, default(SlotKind), 0)]
    internal void The_owner_is_a_slot_or_a_process_of_another_library(string text, bool isSlot, SlotKind kind, int number)
    {
        Assert.True(StoreFileName.TryParse(text, out var name));
        Assert.Equal(isSlot, name.TryGetSlot(out var foundKind, out var foundNumber));
        if (isSlot) Assert.Equal((kind, number), (foundKind, foundNumber));
    }
}

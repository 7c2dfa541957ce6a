using GunicornPrometheusExporter.Forwarding;
using GunicornPrometheusExporter.Forwarding.Redis;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding;

public sealed class SharedSamplesTests
{
    private readonly SharedSamples _shared = new();

    [Fact]
    public void Layouts_share_the_families_whose_samples_are_equal_and_the_samples_of_the_others()
    {
        var one = Read(Counter("a_total", "x", "y"), Counter("b_total", "x"));
        // The texts have other places in this layout.
        var other = Read(Counter("b_total", "x", "z"), Counter("a_total", "x", "y"));

        Assert.Same(one.Families[0], other.Families[1]);
        Assert.NotSame(one.Families[1], other.Families[0]);
        Assert.Same(one.Families[1].Samples[0], other.Families[0].Samples[0]);
        Assert.Equal<IEnumerable<SnapshotSample>>(Counter("b_total", "x", "z").Samples, other.Families[0].Samples);
    }

    [Fact]
    public void Families_of_another_help_text_are_others()
    {
        var one = Read(Counter("a_total", "x"));
        var other = Read(Counter("a_total", "x") with { Help = "other" });

        Assert.Equal(("help", "other"), (one.Families[0].Help, other.Families[0].Help));
        Assert.Same(one.Families[0].Samples[0], other.Families[0].Samples[0]);
    }

    [Fact]
    public void What_no_layout_has_is_removed_and_the_rest_is_still_shared()
    {
        var kept = Read(Counter("a_total", "x"));
        var removed = Read(Counter("a_total", "y"), Counter("b_total", "z"));
        _shared.Keep([kept]);

        Assert.Same(kept.Families[0], Read(Counter("a_total", "x")).Families[0]);
        Assert.NotSame(removed.Families[1].Samples[0], Read(Counter("b_total", "z")).Families[0].Samples[0]);
    }

    [Fact]
    public void Enough_new_samples_are_a_reason_to_remove_the_unused_ones()
    {
        var many = Read(Counter("a_total", [.. Enumerable.Range(0, 5000).Select(i => $"{i}")]));
        Assert.True(_shared.IsLarge);

        _shared.Keep([many]);

        Assert.False(_shared.IsLarge);
    }

    private SnapshotLayout Read(params SnapshotFamily[] families)
    {
        var encoded = SnapshotCodec.EncodeLayout(new([.. families]));
        return SnapshotCodec.DecodeLayout(encoded.Bytes, encoded.Id, _shared);
    }

    private static SnapshotFamily Counter(string name, params string[] kinds) => new(
        name, MetricType.Counter, GaugeMode.All, "help", [.. kinds.Select(kind => Redis.Snapshots.Sample(name, ("kind", kind)))]);
}

using GunicornPrometheusExporter.Recording;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Metrics;

public sealed class LabelBoundsTests
{
    [Fact]
    public void A_value_with_half_a_surrogate_pair_is_learnt_as_readers_read_it()
    {
        var bounds = new LabelBounds(1);
        bounds.Learn("""["f", "f_total", {"endpoint": "/\ud800"}, ""]"""u8);
        Assert.True(bounds.TryAdmit("endpoint", "/\ufffd", out _));
        Assert.False(bounds.TryAdmit("endpoint", "/other", out _));
    }
}

using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Files;

public sealed class StoreKeyTests
{
    // Each key is what json.dumps([family, sample, labels, help], sort_keys=True) of CPython printed.
    [Theory]
    [InlineData("/a", """["f", "f_total", {"a": "1", "endpoint": "/a"}, "help"]""")]
    [InlineData("quote\" back\\slash", """["f", "f_total", {"a": "1", "endpoint": "quote\" back\\slash"}, "help"]""")]
    [InlineData("\n\r\t\b\f\u0001\u007f", """["f", "f_total", {"a": "1", "endpoint": "\n\r\t\b\f\u0001\u007f"}, "help"]""")]
    [InlineData("é€😀", """["f", "f_total", {"a": "1", "endpoint": "\u00e9\u20ac\ud83d\ude00"}, "help"]""")]
    public void A_key_is_written_as_json_dumps_writes_it(string value, string expected)
    {
        var key = new StoreKey(new byte[256]);
        key.Write("f", "f_total", [new Label("endpoint", value), new Label("a", "1")], "help");
        Assert.Equal(expected, key.ToString());
        Assert.False(key.Overflowed);
    }

    [Fact]
    public void A_key_without_labels_has_an_empty_object()
    {
        var key = new StoreKey(new byte[64]);
        key.Write("f", "f", [], "");
        Assert.Equal("""["f", "f", {}, ""]""", key.ToString());
    }

    [Fact]
    public void A_buffer_that_is_too_short_is_reported()
    {
        var key = new StoreKey(new byte[10]);
        key.Write("family", "sample", [], "help");
        Assert.True(key.Overflowed);
    }
}

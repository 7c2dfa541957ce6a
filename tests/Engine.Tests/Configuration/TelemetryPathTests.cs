using GunicornPrometheusExporter.Configuration;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Configuration;

public sealed class TelemetryPathTests
{
    [Theory]
    [InlineData("/metrics")]
    [InlineData("/gunicorn/metrics")]
    [InlineData("/a-b_c.d~e/1")]
    public void Letters_and_digits_between_slashes_are_a_path(string text) => Assert.True(TelemetryPath.IsValid(text));

    [Theory]
    [InlineData("metrics")]
    [InlineData("/")]
    [InlineData("/metrics/")]
    [InlineData("//metrics")]
    [InlineData("/a/../b")]
    [InlineData("/.")]
    [InlineData("/metrics?x=1")]
    [InlineData("/{all}")]
    [InlineData("/a b")]
    [InlineData("/metrics\n")]
    [InlineData("/-/healthy")]
    [InlineData("/-/ready")]
    [InlineData("/-/reload")]
    [InlineData("/-/anything")]
    [InlineData("/status.css")]
    [InlineData("/STATUS.js")]
    [InlineData("/requests.json")]
    [InlineData("/runbooks")]
    [InlineData("/latencies.txt")]
    [InlineData("/forwarders.json")]
    [InlineData("/debug/profile")]
    public void Another_form_and_the_path_of_another_page_are_refused(string text)
    {
        var config = new ExporterConfig(new Dictionary<string, string> { ["GUNICORN_EXPORTER_WEB_TELEMETRY_PATH"] = text });

        Assert.Equal(
            $"GUNICORN_EXPORTER_WEB_TELEMETRY_PATH is \"{text}\"; set it to a path such as /metrics or /gunicorn/metrics, of letters, " +
            "digits, -, _, . and ~, that no other page has",
            Assert.Single(config.Errors).Message);
    }
}

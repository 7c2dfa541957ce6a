using GunicornPrometheusExporter.Metrics;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Metrics;

public sealed class SampleNumberTests
{
    // Each text is what prometheus_client.utils.floatToGoString printed for the number.
    [Theory]
    [InlineData(0, "0.0")]
    [InlineData(-0.0, "-0.0")]
    [InlineData(1, "1.0")]
    [InlineData(-1, "-1.0")]
    [InlineData(0.005, "0.005")]
    [InlineData(0.075, "0.075")]
    [InlineData(0.0001, "0.0001")]
    [InlineData(0.00001, "1e-05")]
    [InlineData(1.5e-7, "1.5e-07")]
    [InlineData(2.5, "2.5")]
    [InlineData(999999, "999999.0")]
    [InlineData(999999.5, "999999.5")]
    [InlineData(1000000, "1e+06")]
    [InlineData(2500000, "2.5e+06")]
    [InlineData(1234567.25, "1.23456725e+06")]
    [InlineData(-1234567.25, "-1234567.25")]
    [InlineData(-1e15, "-1000000000000000.0")]
    [InlineData(12345678901, "1.2345678901e+10")]
    [InlineData(1e15, "1e+15")]
    [InlineData(1e16, "1e+16")]
    [InlineData(-1e16, "-1e+16")]
    [InlineData(1.7976931348623157e308, "1.7976931348623157e+308")]
    [InlineData(5e-324, "5e-324")]
    [InlineData(0.1 + 0.2, "0.30000000000000004")]
    [InlineData(double.NaN, "NaN")]
    [InlineData(double.PositiveInfinity, "+Inf")]
    [InlineData(double.NegativeInfinity, "-Inf")]
    public void A_number_is_written_as_prometheus_client_writes_it(double value, string text) =>
        Assert.Equal(text, SampleNumber.ToText(value));
}

using CsCheck;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Metrics;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Exposition;

public sealed class TextSampleTests
{
    [Fact]
    public void What_is_written_is_read()
    {
        var value = Gen.OneOf(Gen.String[Gen.Char["ab\\n\"\n{},= #é"], 0, 8], Gen.String[0, 8]);
        Gen.Select(value, value).ForAll((first, second) =>
        {
            Label[] labels = [new("a", first), new("b", second)];
            var line = $"name{{{TextSyntax.Labels(labels)}}} 1.5";

            var sample = Assert.Single(TextSample.ReadAll($"# HELP name x\n{line}\n"));

            Assert.Equal(("name", 1.5), (sample.Name, sample.Value));
            Assert.Equal(labels, sample.Labels);
        }, count: 100);
    }

    [Theory]
    [InlineData("a 1", 1)]
    [InlineData("a{} 1e3 1700000000", 1000)]
    [InlineData("a { } +Inf", double.PositiveInfinity)]
    [InlineData("a -Inf", double.NegativeInfinity)]
    [InlineData("a{x=\"1\",} NaN", double.NaN)]
    public void A_line_may_be_written_otherwise(string line, double value) => Assert.Equal(value, Assert.Single(TextSample.ReadAll(line)).Value);

    [Theory]
    [InlineData("<!doctype html>")]
    [InlineData("a")]
    [InlineData("a b")]
    [InlineData("a{ 1")]
    [InlineData("a{x} 1")]
    [InlineData("a{x=\"1} 1")]
    [InlineData("a{x=\"1\\")]
    [InlineData("{x=\"1\"} 1")]
    [InlineData("a{")]
    public void What_is_no_line_is_refused(string line) => Assert.Throws<FormatException>(() => TextSample.ReadAll(line).ToArray());

    [Fact]
    public void No_text_does_anything_worse_than_be_refused() =>
        Gen.String[Gen.Char["ab{}=\"\\, \n#1.e"], 0, 30].ForAll(text =>
        {
            try
            {
                _ = TextSample.ReadAll(text).Count();
            }
            catch (FormatException)
            {
                // Refused.
            }
        }, count: 100);
}

using GunicornPrometheusExporter.Yaml;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Yaml;

public class NearestNameTests
{
    [Theory]
    [InlineData("cert_fiel", "cert_file")]
    [InlineData("certfile", "cert_file")]
    [InlineData("cert_file", "cert_file")]
    [InlineData("Key", "key")]
    [InlineData("kye", null)]
    [InlineData("", null)]
    [InlineData("something_else_entirely", null)]
    public void The_name_that_takes_the_fewest_changes_is_meant(string written, string? meant) =>
        Assert.Equal(meant, NearestName.Of(written, ["cert", "cert_file", "key"]));
}

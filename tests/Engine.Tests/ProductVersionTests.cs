using GunicornPrometheusExporter.Diagnostics;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests;

public sealed class ProductVersionTests
{
    private const string Commit = "50666780c1d2e3f4a5b6c7d8e9f0a1b2c3d4e5f6";

    [Theory]
    [InlineData("0.1.0+" + Commit, "0.1.0", Commit)]
    [InlineData("0.1.0", "0.1.0", "unknown")]
    [InlineData("0.1.0+", "0.1.0", "unknown")]
    public void The_revision_is_the_commit_or_unknown_without_a_repository(string informational, string version, string revision) =>
        Assert.Equal((version, revision), ProductVersion.Split(informational));
}

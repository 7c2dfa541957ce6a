using System.Globalization;
using System.Text;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Routes;

public sealed class EndpointReferenceTests
{
    [Fact]
    public void The_page_lists_what_becomes_a_placeholder()
    {
        var table = new StringBuilder("| In a path | Example | Endpoint |\n|---|---|---|\n");
        foreach (var row in EndpointNormalizerTests.Replaced)
        {
            var (what, path, endpoint) = row.Data;
            table.Append(CultureInfo.InvariantCulture, $"| {what} | `{path}` | `{endpoint}` |\n");
        }
        Documentation.AssertHasTable("endpoints.md", table.ToString());
    }
}

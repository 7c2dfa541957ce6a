using System.Text;
using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Engine.Tests.Aggregation;
using GunicornPrometheusExporter.Engine.Tests.Files;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Files;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Exposition;

public sealed class NameFilterTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public NameFilterTests()
    {
        TestFile.Write(_directory["counter_1.db"], EntryLayout.ValueOnly, TestEntry.Of("b", "b_total", [], 1));
        TestFile.Write(
            _directory["histogram_1.db"], EntryLayout.ValueOnly,
            TestEntry.Of("h", "h_sum", [], 1.5),
            TestEntry.Of("h", "h_bucket", [("le", "1.0")], 2),
            TestEntry.Of("h", "h_bucket", [("le", "+Inf")], 1));
    }

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("b_total", "# HELP b_total help\n# TYPE b_total counter\nb_total 1.0\n")]
    [InlineData("b", "# HELP b_total help\n# TYPE b_total counter\nb_total 1.0\n")]
    [InlineData("h_count", "# HELP h help\n# TYPE h histogram\nh_count 3.0\n")]
    [InlineData("h_sum h_bucket", "# HELP h help\n# TYPE h histogram\nh_bucket{le=\"1.0\"} 2.0\nh_bucket{le=\"+Inf\"} 3.0\nh_sum 1.5\n")]
    [InlineData("h h_count", "# HELP h help\n# TYPE h histogram\nh_bucket{le=\"1.0\"} 2.0\nh_bucket{le=\"+Inf\"} 3.0\nh_sum 1.5\nh_count 3.0\n")]
    [InlineData("nothing", "")]
    public void Text_shows_the_families_and_samples_that_are_named(string names, string expected) =>
        Assert.Equal(expected, Written(ExpositionFormat.Text, names));

    [Fact]
    public void OpenMetrics_shows_whole_families_because_it_knows_no_part_of_a_histogram() =>
        Assert.Equal(
            "# HELP h help\n# TYPE h histogram\nh_bucket{le=\"1.0\"} 2.0\nh_bucket{le=\"+Inf\"} 3.0\nh_sum 1.5\nh_count 3.0\n# EOF\n",
            Written(ExpositionFormat.OpenMetrics, "h_count"));

    private string Written(ExpositionFormat format, string names)
    {
        using var aggregator = new StoreAggregator(_directory.Path, NullLogger.Instance);
        aggregator.Refresh();
        return Encoding.UTF8.GetString(aggregator.Written(format, names.Split(' ').ToHashSet()));
    }
}

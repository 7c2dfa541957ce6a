using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.StatusPage;

public sealed class RunbooksTests
{
    [Theory]
    [InlineData("GunicornErrorBudgetBurnFast")]
    [InlineData("GunicornLatencyHigh")]
    [InlineData("GunicornUtilisationHigh")]
    [InlineData("GunicornSlowRequests")]
    [InlineData("GunicornWorkerMemoryGrowing")]
    [InlineData("GunicornExporterFailing")]
    [InlineData("GunicornWorkerTimeout")]
    [InlineData("GunicornWorkerOutOfMemory")]
    [InlineData("GunicornWorkersCrashing")]
    public void Each_trouble_of_the_last_minutes_has_a_runbook(string alert) => Assert.True(RunbookPage.HasSection(alert));

    [Fact]
    public void A_runbook_is_text_without_marks_and_its_queries_are_preformatted()
    {
        Assert.Contains("<p>Meaning. The master has run fewer workers", RunbookPage.Html, StringComparison.Ordinal);
        Assert.Contains("<pre>gunicorn_workers&#xA;", RunbookPage.Html, StringComparison.Ordinal);
        Assert.DoesNotContain("**", RunbookPage.Html, StringComparison.Ordinal);
        Assert.DoesNotContain("```", RunbookPage.Html, StringComparison.Ordinal);
    }
}

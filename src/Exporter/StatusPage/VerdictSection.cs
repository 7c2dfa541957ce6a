using System.Collections.Immutable;
using GunicornPrometheusExporter.Exporter.Checks;
using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.StatusPage;

/// <summary>Writes what is wrong, one line each, with its runbook.</summary>
internal static class VerdictSection
{
    private const int LongestText = 1000;

    internal static void Write(HtmlWriter html, ImmutableArray<Finding> findings)
    {
        html.Write($"""
            <section class="wide" aria-labelledby="verdict-title"><h2 id="verdict-title">Verdict</h2>
            <ul id="verdict" role="list" data-live>
            """);
        if (findings.IsEmpty) html.Write($"""<li class="good">No problem found</li>""");
        foreach (var finding in findings)
        {
            html.Write($"""
                <li><span class="bad">{(finding.Severity == Severity.Error ? "Error" : "Warning")}:</span>
                <bdi>{Show.Shortened(finding.Text, LongestText)}</bdi>
                """);
            if (finding.Alert is { } alert) html.Write($""" <a href="{Runbooks.AddressOf(alert)}">{alert}</a>""");
            html.Write($"</li>");
        }
        html.Write($"</ul></section>");
    }
}

using System.Text.RegularExpressions;

namespace GunicornPrometheusExporter.Exporter.StatusPage;

/// <summary>Serves the runbooks of <c>docs/alerts.md</c>, so that a finding leads to one wherever the page can be read.</summary>
internal static partial class Runbooks
{
    internal const string Path = "runbooks";

    /// <summary>The runbook of an alert, relative to the page.</summary>
    internal static string AddressOf(string alert) => $"{Path}#{alert.ToLowerInvariant()}";

    internal static string Write(string markdown)
    {
        var html = new HtmlWriter();
        html.Write($"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Runbooks</title>
            <link rel="stylesheet" href="status.css">
            </head>
            <body>
            <header><h1>Runbooks</h1><nav aria-label="Paths"><a href="./">Status</a></nav></header>
            <main>

            """);
        // What precedes the first alert is about Prometheus.
        foreach (var section in markdown.Split("\n## ").Skip(1))
        {
            var (alert, text) = section.Split('\n', 2) is [var first, var rest] ? (first, rest) : (section, "");
            html.Write($"""<section class="wide runbook" id="{alert.ToLowerInvariant()}"><h2>{alert}</h2>""");
            foreach (var block in text.Split("\n\n", StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                if (block.StartsWith("```", StringComparison.Ordinal)) html.Write($"<pre>{Fence().Replace(block, "")}</pre>");
                else html.Write($"<p>{Markup().Replace(block, "$1")}</p>");
            }
            html.Write($"</section>");
        }
        html.Write($"</main></body></html>");
        return html.ToString();
    }

    [GeneratedRegex("^```\\w*\n|\n```$")]
    private static partial Regex Fence();

    // Emphasis, code, and the target of links, which lead to other pages of the documentation.
    [GeneratedRegex(@"\*\*|`|\[([^\]]*)\]\([^)]*\)")]
    private static partial Regex Markup();
}

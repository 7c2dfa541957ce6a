using System.Text.RegularExpressions;

namespace GunicornPrometheusExporter.Configuration;

/// <summary>The rule for the path of the metrics.</summary>
internal static partial class TelemetryPath
{
    internal const string Rule = "a path such as /metrics or /gunicorn/metrics, of letters, digits, -, _, . and ~, that no other page has";

    // Paths below /-/ are those of Prometheus' servers: health, reload.
    private static readonly string[] Pages =
    [
        "/status.css", "/status.js", "/requests.json", "/latencies.txt", "/forwarders.json", "/incidents.json", "/debug/stacks",
        "/debug/profile", "/runbooks",
    ];

    internal static bool IsValid(string text) =>
        Form().IsMatch(text) && !text.StartsWith("/-/", StringComparison.Ordinal)
        && !Pages.Contains(text, StringComparer.OrdinalIgnoreCase);

    [GeneratedRegex(@"^(/(?!\.{1,2}(/|\z))[A-Za-z0-9._~-]+)+\z")]
    private static partial Regex Form();
}

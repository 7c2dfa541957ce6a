using System.Text.RegularExpressions;

namespace GunicornPrometheusExporter.Published.Tests;

/// <summary>Reads the logfmt lines of a server.</summary>
internal static partial class LogLines
{
    /// <summary>The message of a line without its quotes, followed by its fields; a line in no format as it is.</summary>
    internal static string MessageOf(string line) => Message().Match(line) is { Success: true } found
        ? Regex.Unescape(found.Groups["quoted"].Value) + found.Groups["plain"].Value + found.Groups["fields"].Value
        : line;

    /// <summary>The errors with which a command ended, whether it is a server with a log or a tool.</summary>
    internal static string ErrorsOf(string output) =>
        string.Concat(output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line =>
            $"{(line.Contains(" level=error ", StringComparison.Ordinal) ? "error: " : "")}{MessageOf(line)}\n"));

    [GeneratedRegex(
        """^ts=\S+Z level=(?:debug|info|warn|error) component=[\w.]+ msg=(?:"(?<quoted>(?:[^"\\]|\\.)*)"|(?<plain>\S*))(?<fields>.*)$""")]
    private static partial Regex Message();
}

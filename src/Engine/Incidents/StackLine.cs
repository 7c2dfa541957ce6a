using System.Collections.Immutable;
using GunicornPrometheusExporter.Stacks;

namespace GunicornPrometheusExporter.Incidents;

/// <summary>The application's part of a stack as a short text, for log lines and lists.</summary>
internal static class StackLine
{
    private const int MostFrames = 3;
    private const int LongestFrame = 160;

    /// <summary>The innermost frames of the application: <c>/srv/app.py:12 view, /srv/app.py:3 helper</c>; null without a stack.</summary>
    /// <param name="most">How many frames at most.</param>
    internal static string? Of(ImmutableArray<StackFrame>? stack, int most = MostFrames) =>
        stack is { IsDefaultOrEmpty: false } frames ? string.Join(", ", ApplicationFrames.Of(frames).Take(most).Select(TextOf)) : null;

    /// <summary>A frame, without the begin of a long path.</summary>
    private static string TextOf(StackFrame frame)
    {
        var text = $"{frame.File}:{frame.Line} {frame.Function}";
        return text.Length <= LongestFrame ? text : $"…{text[^LongestFrame..]}";
    }
}

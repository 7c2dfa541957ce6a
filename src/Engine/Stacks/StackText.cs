using System.Buffers.Text;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace GunicornPrometheusExporter.Stacks;

/// <summary>The format of a stack file: for each stack a marker of whoever requested it, then what faulthandler writes.</summary>
/// <remarks>
/// <code>
/// thread 4711 4713 12345.678
/// Stack (most recent call first):
///   File "/srv/app.py", line 12 in view
///   File "/srv/wsgi.py", line 5 in application
/// </code>
/// A worker may write anything there. What does not have this form is dropped up to the next marker.
/// </remarks>
internal static class StackText
{
    /// <summary>faulthandler writes at most 100 frames, the innermost ones.</summary>
    internal const int MostFrames = 128;

    internal const int LongestText = 500;
    private const int MostStacks = 1024;

    private static ReadOnlySpan<byte> Header => "Stack (most recent call first):"u8;

    /// <summary>The line before a stack.</summary>
    internal static byte[] MarkerOf(int pid, int thread, double time) =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"thread {pid} {thread} {time:F3}\n"));

    /// <summary>The frames of lines without a marker.</summary>
    internal static ImmutableArray<StackFrame> FramesOf(ReadOnlySpan<byte> lines) =>
        Read([.. MarkerOf(0, 0, 0), .. Header, (byte)'\n', .. lines]) is [var stack] ? stack.Frames : [];

    /// <summary>The stacks of a text that are whole, in its order.</summary>
    internal static IReadOnlyList<ThreadStack> Read(ReadOnlySpan<byte> text)
    {
        var stacks = new List<ThreadStack>();
        var frames = ImmutableArray.CreateBuilder<StackFrame>();
        ThreadStack? marker = null;
        var hasHeader = false;
        while (text.IndexOf((byte)'\n') is >= 0 and var end && stacks.Count < MostStacks)
        {
            var line = text[..end];
            text = text[(end + 1)..];
            if (TryReadMarker(line, out var next))
            {
                Add();
                (marker, hasHeader) = (next, false);
            }
            else if (marker is null) continue;
            else if (line.SequenceEqual(Header))
            {
                // The second one is of a thread that answered late: whose frames follow is unknown.
                if (hasHeader) marker = null;
                hasHeader = true;
            }
            else if (!hasHeader) continue;
            else if (TryReadFrame(line, out var frame) && frames.Count < MostFrames) frames.Add(frame);
            // "  ..." and "  <no Python frame>" are faulthandler's too.
            else if (!line.StartsWith("  "u8)) marker = null;
        }
        Add();
        return stacks;

        void Add()
        {
            if (marker is not null && frames.Count > 0 && stacks.Count < MostStacks)
            {
                stacks.Add(marker with { Frames = frames.ToImmutable() });
            }
            frames.Clear();
        }
    }

    internal static bool TryReadMarker(ReadOnlySpan<byte> line, [NotNullWhen(true)] out ThreadStack? marker)
    {
        marker = null;
        if (!TrySkip(ref line, "thread "u8)) return false;
        if (!TryReadNumber(ref line, out var pid) || !TrySkip(ref line, " "u8)) return false;
        if (!TryReadNumber(ref line, out var thread) || !TrySkip(ref line, " "u8)) return false;
        if (!Utf8Parser.TryParse(line, out double time, out var used, 'F') || used != line.Length || !double.IsFinite(time)) return false;
        marker = new(pid, thread, time, []);
        return true;
    }

    // '  File "/srv/app.py", line 12 in view'; '???' in place of what CPython does not know.
    private static bool TryReadFrame(ReadOnlySpan<byte> line, out StackFrame frame)
    {
        frame = default;
        if (!TrySkip(ref line, "  File "u8)) return false;
        var at = line.LastIndexOf(", line "u8);
        if (at < 0) return false;
        var file = line[..at].Trim((byte)'"');
        line = line[(at + ", line ".Length)..];
        if (!TryReadNumber(ref line, out var number) && !TrySkip(ref line, "???"u8)) return false;
        if (!TrySkip(ref line, " in "u8)) return false;
        frame = new(TextOf(file), number, TextOf(line));
        return true;
    }

    private static bool TrySkip(ref ReadOnlySpan<byte> line, ReadOnlySpan<byte> start)
    {
        if (!line.StartsWith(start)) return false;
        line = line[start.Length..];
        return true;
    }

    private static bool TryReadNumber(ref ReadOnlySpan<byte> line, out int number)
    {
        if (!Utf8Parser.TryParse(line, out number, out var used) || number < 0) return false;
        line = line[used..];
        return true;
    }

    private static string TextOf(ReadOnlySpan<byte> text) => Encoding.UTF8.GetString(text[..Math.Min(text.Length, LongestText)]);
}

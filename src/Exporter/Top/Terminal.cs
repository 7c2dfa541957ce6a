using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Exporter.Top;

/// <summary>The screen of the terminal while this process uses it; disposing restores the screen. Not thread-safe.</summary>
internal sealed class Terminal : IDisposable
{
    private const string Enter = "\e[?1049h\e[?25l";
    private const string Leave = "\e[?25h\e[?1049l";
    private const string Home = "\e[H";
    private const string ClearLine = "\e[K";
    private const string ClearBelow = "\e[J";
    private static readonly bool IsPlain = Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 };
    private static readonly string Reverse = IsPlain ? "" : "\e[7m";
    private static readonly string Plain = IsPlain ? "" : "\e[0m";

    private readonly Stream _output = Console.OpenStandardOutput();
    private readonly PosixSignalRegistration[] _signals;

    internal Terminal(Action changed)
    {
        _signals =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => changed()),
            PosixSignalRegistration.Create(PosixSignal.SIGCONT, _ => changed()),
        ];
        Write(Enter);
    }

    /// <summary>Whether this process has a terminal that supports full-screen output.</summary>
    internal static bool IsThere =>
        !Console.IsInputRedirected && !Console.IsOutputRedirected
        && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");

    internal static int Width => Math.Max(1, Console.WindowWidth);

    internal static int Height => Math.Max(1, Console.WindowHeight);

    /// <summary>Replaces the shown lines, truncated to the screen.</summary>
    /// <param name="lines">Texts without control characters.</param>
    /// <param name="title">The highlighted line.</param>
    internal void Draw(IReadOnlyList<string> lines, int title)
    {
        var frame = new StringBuilder(Home);
        for (var row = 0; row < Math.Min(lines.Count, Height); row++)
        {
            if (row > 0) frame.Append("\r\n");
            if (row == title) frame.Append(Reverse);
            frame.AppendJoin("", lines[row].EnumerateRunes().Take(Width));
            if (row == title) frame.Append(Plain);
            frame.Append(ClearLine);
        }
        Write(frame.Append(ClearBelow).ToString());
    }

    public void Dispose()
    {
        foreach (var signal in _signals) signal.Dispose();
        Write(Leave);
    }

    private void Write(string text) => _output.Write(Encoding.UTF8.GetBytes(text));
}

using System.Threading.Channels;
using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.Top;

/// <summary>Shows a server on a terminal until the user quits.</summary>
internal sealed class TopScreen(TopWatch watch, Target target, TopContent content, TimeSpan interval, TimeProvider time)
{
    // The lines besides the head on a low screen: an error, the titles, two rows and the keys.
    private const int LinesBesideHead = 5;

    private static readonly TimeSpan LongestStill = TimeSpan.FromSeconds(1);

    // A key, or null if the content changed.
    private readonly Channel<ConsoleKeyInfo?> _events = Channel.CreateUnbounded<ConsoleKeyInfo?>();
    private volatile Status? _status;
    private volatile string? _problem;
    private readonly FigureHistory _history = new();
    private Status? _kept;

    /// <summary>Runs until <c>q</c>, or <paramref name="end"/>.</summary>
    internal async Task RunAsync(CancellationToken end)
    {
        watch.HasIncidents = true;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(end);
        using var terminal = new Terminal(() => _events.Writer.TryWrite(null));
        new Thread(ReadKeys) { IsBackground = true }.Start();
        var reading = ReadAsync(stop.Token);
        Task? change = null;
        do
        {
            Draw(terminal);
            change ??= _events.Reader.WaitToReadAsync(stop.Token).AsTask();
            if (await Task.WhenAny(change, Task.Delay(LongestStill, time, CancellationToken.None)) == change) change = null;
        }
        while (!end.IsCancellationRequested && HandleKeys());
        await stop.CancelAsync();
        await reading;
    }

    private void ReadKeys()
    {
        while (true) _events.Writer.TryWrite(Console.ReadKey(intercept: true));
    }

    private async Task ReadAsync(CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            try
            {
                _status = await watch.LookAsync(end);
                _problem = null;
            }
            catch (ReadingException e)
            {
                _problem = e.Message;
            }
            catch (OperationCanceledException)
            {
                return;
            }
            _events.Writer.TryWrite(null);
            await Task.Delay(interval, time, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>False if one of the keys quits.</summary>
    private bool HandleKeys()
    {
        while (_events.Reader.TryRead(out var key))
        {
            if (key is { } pressed && !content.Handle(pressed)) return false;
        }
        return true;
    }

    private void Draw(Terminal terminal)
    {
        List<string> lines = _status is { } status
            ? [.. HeadOf(status), ProblemOf(status)]
            : [$"Gunicorn at {target.Address.Authority}: no data yet", "", _problem ?? ""];
        var title = lines.Count;
        if (_status is not null)
        {
            var rows = content.Lines(_status, Terminal.Width).ToArray();
            var room = Terminal.Height - lines.Count - 1;
            lines.AddRange(rows.Length <= room ? rows : [.. rows.Take(room - 1), $"… and {rows.Length - room + 1} more"]);
        }
        while (lines.Count < Terminal.Height - 1) lines.Add("");
        lines.Add(content.Footer);
        terminal.Draw(lines, title);
    }

    private IEnumerable<string> HeadOf(Status status)
    {
        if (!ReferenceEquals(status, _kept)) TopView.Add(_history, _kept = status);
        return TopView.HeaderOf(status, target, _history, Terminal.Width).Take(Math.Max(1, Terminal.Height - LinesBesideHead));
    }

    private string ProblemOf(Status status) => _problem is { } problem
        ? $"These values are {Show.Duration((time.GetUtcNow() - status.Now.Time).TotalSeconds)} old: {problem}"
        : "";
}

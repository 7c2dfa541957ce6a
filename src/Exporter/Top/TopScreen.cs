using System.Threading.Channels;
using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.Top;

/// <summary>Shows a server on a terminal until the user quits.</summary>
internal sealed class TopScreen(TopWatch watch, Target target, TopTable table, TimeSpan interval, TimeProvider time)
{
    private const string Help = "q quit   i incidents   < > sort by another column   r reverse";
    private const string IncidentsHelp = "q quit   i workers";
    private static readonly TimeSpan LongestStill = TimeSpan.FromSeconds(1);

    // A key, or null if the content changed.
    private readonly Channel<ConsoleKeyInfo?> _events = Channel.CreateUnbounded<ConsoleKeyInfo?>();
    private volatile Status? _status;
    private volatile string? _problem;
    private bool _showsIncidents;

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
        try
        {
            while (true)
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
                _events.Writer.TryWrite(null);
                await Task.Delay(interval, time, end);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    /// <summary>False if one of the keys quits.</summary>
    private bool HandleKeys()
    {
        while (_events.Reader.TryRead(out var key))
        {
            switch (key)
            {
                case { KeyChar: 'q' or 'Q' }: return false;
                case { KeyChar: '<' } or { Key: ConsoleKey.LeftArrow }: table.Move(-1); break;
                case { KeyChar: '>' } or { Key: ConsoleKey.RightArrow }: table.Move(1); break;
                case { KeyChar: 'i' or 'I' }: _showsIncidents = !_showsIncidents; break;
                case { KeyChar: 'r' or 'R' }: table.Reverse(); break;
                default: break;
            }
        }
        return true;
    }

    private void Draw(Terminal terminal)
    {
        List<string> lines = _status is { } status
            ? [.. TopView.HeaderOf(status, target), ProblemOf(status)]
            : [$"Gunicorn at {target.Address.Authority}: no data yet", "", _problem ?? ""];
        var title = lines.Count;
        if (_status is not null)
        {
            var rows = (_showsIncidents
                ? IncidentTable.Lines(_status.Incidents.Reverse())
                : table.Lines(_status.Workers, Terminal.Width)).ToArray();
            var room = Terminal.Height - lines.Count - 1;
            lines.AddRange(rows.Length <= room ? rows : [.. rows.Take(room - 1), $"… and {rows.Length - room + 1} more"]);
        }
        while (lines.Count < Terminal.Height - 1) lines.Add("");
        lines.Add(_showsIncidents ? IncidentsHelp : Help);
        terminal.Draw(lines, title);
    }

    private string ProblemOf(Status status) => _problem is { } problem
        ? $"These values are {Show.Duration((time.GetUtcNow() - status.Now.Time).TotalSeconds)} old: {problem}"
        : "";
}

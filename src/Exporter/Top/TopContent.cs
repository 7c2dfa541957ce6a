using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.Top;

/// <summary>The part of the screen that the keys change: which rows it shows, in which order. Not thread-safe.</summary>
internal sealed class TopContent(TopColumn<WorkerStatus> sorted)
{
    private const int LongestFilter = 100;

    // Fits in 60 columns.
    private const string Keys = "q quit  ? help  / filter  o routes  i incidents  < > r sort";

    private static readonly string[] Help =
    [
        "KEY      ACTION",
        "q        quits",
        "o        switches to the routes, and back",
        "i        switches to the incidents, and back",
        "< >      sorts by another column; also the arrow keys",
        "r        reverses the order",
        "/        shows only rows that contain the text you type",
        "Enter    keeps the text",
        "Esc      shows all rows again",
        "?        shows this help, and leaves it",
    ];

    private readonly TopTable<WorkerStatus> _workers = new(WorkerColumns.All, sorted);
    private readonly TopTable<RouteStatus> _routes = new(RouteColumns.All, RouteColumns.All[0]);
    private View _view;
    private string _filter = "";
    private bool _isTyping;

    private enum View
    {
        Workers,
        Routes,
        Incidents,
        Help,
    }

    /// <summary>The last line of the screen.</summary>
    internal string Footer => _isTyping || _filter.Length > 0
        ? $"/{Show.Printable(_filter)}{(_isTyping ? "_" : "")}  Esc all rows  {Keys}"
        : Keys;

    /// <summary>The lines of the table, its titles first.</summary>
    internal IEnumerable<string> Lines(Status status, int width)
    {
        var lines = _view switch
        {
            View.Routes => _routes.Lines(ByName(status.Routes), width, _filter),
            View.Incidents => IncidentTable.Lines(status.Incidents.Reverse())
                .Where((line, place) => place == 0 || line.Contains(_filter, StringComparison.OrdinalIgnoreCase)),
            View.Help => Help,
            _ => _workers.Lines(status.Workers, width, _filter),
        };
        return _filter.Length > 0 && lines.Skip(1).Take(1).ToArray() is [] ? lines.Append("no row contains this text") : lines;
    }

    private static IEnumerable<RouteStatus> ByName(IEnumerable<RouteStatus> routes) => routes
        .OrderBy(route => route.Endpoint, StringComparer.Ordinal).ThenBy(route => route.Method, StringComparer.Ordinal);

    /// <summary>Applies a key; false if it quits.</summary>
    internal bool Handle(ConsoleKeyInfo key)
    {
        if (key.Key == ConsoleKey.Escape) (_filter, _isTyping, _view) = ("", false, _view == View.Help ? View.Workers : _view);
        else if (_isTyping) Type(key);
        else return HandleCommand(key);
        return true;
    }

    private void Type(ConsoleKeyInfo key)
    {
        if (key.Key == ConsoleKey.Enter) _isTyping = false;
        else if (key.Key == ConsoleKey.Backspace) _filter = _filter[..Math.Max(0, _filter.Length - 1)];
        else if (!char.IsControl(key.KeyChar) && _filter.Length < LongestFilter) _filter += key.KeyChar;
    }

    private bool HandleCommand(ConsoleKeyInfo key)
    {
        switch (key)
        {
            case { KeyChar: 'q' or 'Q' }: return false;
            case { KeyChar: '<' } or { Key: ConsoleKey.LeftArrow }: Table.Move(-1); break;
            case { KeyChar: '>' } or { Key: ConsoleKey.RightArrow }: Table.Move(1); break;
            case { KeyChar: 'r' or 'R' }: Table.Reverse(); break;
            case { KeyChar: 'o' or 'O' }: Toggle(View.Routes); break;
            case { KeyChar: 'i' or 'I' }: Toggle(View.Incidents); break;
            case { KeyChar: '?' }: Toggle(View.Help); break;
            case { KeyChar: '/' }: (_filter, _isTyping) = ("", true); break;
            default: break;
        }
        return true;
    }

    private ITopTable Table => _view == View.Routes ? _routes : _workers;

    private void Toggle(View view) => _view = _view == view ? View.Workers : view;
}

using GunicornPrometheusExporter.Deaths;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>Adds how much the resident set of a worker grows per request of each route.</summary>
/// <remarks>
/// The growth during one request does not show a leak: freed memory stays in the process, and a later request of another route
/// reuses it. Over many requests only routes that keep memory add growth, so a regression of the growth of all workers on their
/// requests finds these routes. Not thread-safe.
/// </remarks>
internal sealed class RouteMemorySamples(FlightWatch flights) : ISampleSource
{
    // In bytes, or requests: more than a worker has. A hostile one can write anything into its files.
    private const double Most = 1e15;

    // The time of a scrape grows with the third power of this number.
    private const int MostRoutes = 100;

    // Growth without requests is attributed to time.
    private const int SecondsColumn = 0;
    private const int OtherColumn = 1;
    private const int FirstRoute = 2;

    // In seconds. A worker reports its memory once a second.
    private const double LeastWindow = 2;

    // In seconds: how long to wait for a moment at which no request is in flight and holds memory that it will release.
    private const double LongestWindow = 60;

    // In seconds: the estimate for a fixed leak disappears after a few of these.
    private const double HalfLife = 10_800;

    // In standard errors: high enough that hardly any route exceeds it by chance.
    private const double Certainty = 3;

    private readonly Dictionary<string, int> _columns = new(StringComparer.Ordinal) { [LabelBounds.Other] = OtherColumn };
    private readonly Dictionary<int, int> _columnOf = [];
    private readonly Dictionary<int, (int[] Series, double[] Values)> _read = [];
    private GrowthRegression? _regression;
    private Dictionary<string, Observed> _before = [];
    private double _faded;

    public string Name => "memory of routes";

    /// <summary>Whether the setting is on. Turning it on discards earlier observations.</summary>
    public bool IsOn
    {
        get => _regression is not null;
        set
        {
            if (value == IsOn) return;
            _regression = value ? new(FirstRoute + MostRoutes) : null;
            _before = [];
        }
    }

    /// <summary>Keeps the values of a worker's counters of this pass; ignores other files.</summary>
    public void Keep(TrackedFile file, ReadOnlySpan<double> values)
    {
        if (!IsOn || file.Slot is not (SlotKind.Worker, var number) || file.Name.Type != MetricType.Counter) return;
        _read[number] = (file.Series.ToArray(), values[..file.Series.Length].ToArray());
    }

    public void Add(FamilyTable families)
    {
        if (_regression is null) return;
        families.Visit(MetricCatalogue.HttpRequests, (series, set, _) =>
        {
            if (!_columnOf.ContainsKey(series)) _columnOf[series] = ColumnOf(SnapshotTaker.LabelsOf(set));
        });
        var observed = new Dictionary<string, Observed>();
        foreach (ref readonly var worker in flights.Live)
        {
            if (worker.Kind != SlotKind.Worker || !_read.TryGetValue(worker.Number, out var read)) continue;
            observed[worker.Path] = Observe(worker, RequestsOf(read));
        }
        _before = observed;
        _read.Clear();
        var bounds = _regression.LowerBounds(Certainty);
        foreach (var (endpoint, column) in _columns)
        {
            if (!bounds.TryGetValue(column, out var bytes)) continue;
            families.Set(MetricCatalogue.RouteMemoryGrowth, bytes, new Label(EndpointBounds.Label, endpoint));
        }
    }

    public void Clear() => _columnOf.Clear();

    private int ColumnOf(IReadOnlyList<Label> labels)
    {
        var endpoint = labels.FirstOrDefault(label => label.Name == EndpointBounds.Label).Value ?? LabelBounds.Other;
        if (_columns.TryGetValue(endpoint, out var column)) return column;
        column = _columns.Count - 1 + FirstRoute;
        return column < FirstRoute + MostRoutes ? _columns[endpoint] = column : OtherColumn;
    }

    private double[] RequestsOf((int[] Series, double[] Values) read)
    {
        var requests = new double[FirstRoute + MostRoutes];
        for (var i = 0; i < read.Series.Length; i++)
        {
            if (_columnOf.TryGetValue(read.Series[i], out var column)) requests[column] += read.Values[i];
        }
        return requests;
    }

    /// <summary>Adds the growth of a worker since it was last observed. Returns the observation that the next growth starts from.</summary>
    private Observed Observe(LiveWorker worker, double[] requests)
    {
        var now = new Observed(worker.Now, worker.Load.Memory, requests, IsWarm: false);
        if (!_before.TryGetValue(worker.Path, out var before)) return now;
        var seconds = now.Time - before.Time;
        if (seconds < LeastWindow || (worker.Load.InFlight > 0 && seconds < LongestWindow)) return before;
        var counts = requests.Zip(before.Requests, (later, earlier) => later - earlier).ToArray();
        // The first requests of a worker include lazy loading.
        if (!before.IsWarm) return now with { IsWarm = counts.Any(count => count > 0) };
        counts[SecondsColumn] = seconds;
        _regression!.Fade(Math.Pow(.5, Math.Max(0, now.Time - _faded) / HalfLife));
        _faded = Math.Max(_faded, now.Time);
        var growth = now.Memory - before.Memory;
        if (Math.Abs(growth) < Most && counts.All(count => count is >= 0 and < Most)) _regression.Add(counts, growth);
        return now with { IsWarm = true };
    }

    /// <summary>A worker at one time.</summary>
    /// <param name="Memory">The resident set, in bytes.</param>
    /// <param name="Requests">The finished requests by column.</param>
    /// <param name="IsWarm">Whether it had finished requests before.</param>
    private sealed record Observed(double Time, double Memory, double[] Requests, bool IsWarm);
}

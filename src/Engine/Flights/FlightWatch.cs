using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Store;
using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Flights;

/// <summary>What the flight files of a store say, as of the last refresh. Not thread-safe.</summary>
public sealed class FlightWatch
{
    private readonly string _directory;
    private readonly ILogger _logger;
    private readonly ExitRecords _exits;
    private readonly List<LiveWorker> _live = [];
    private readonly Dictionary<string, DeadWorker> _dead = new(StringComparer.Ordinal);
    private readonly HashSet<string> _reported = new(StringComparer.Ordinal);
    private bool _isFirst = true;

    /// <summary>A watch that has seen nothing yet.</summary>
    /// <param name="directory">The store; it need not exist yet.</param>
    /// <param name="logger">Told of each file that cannot be read, once.</param>
    /// <param name="time">The clock by which masters note when a worker ended.</param>
    public FlightWatch(string directory, ILogger logger, TimeProvider? time = null)
    {
        _directory = directory;
        _logger = logger;
        _exits = new ExitRecords(directory, time ?? TimeProvider.System);
    }

    /// <summary>The workers that live.</summary>
    public ReadOnlySpan<LiveWorker> Live => CollectionsMarshal.AsSpan(_live);

    /// <summary>The workers whose death is not yet accounted for.</summary>
    public IReadOnlyCollection<DeadWorker> Dead => _dead.Values;

    /// <summary>Looks at every flight file again.</summary>
    /// <exception cref="IOException">The store cannot be listed.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public void Refresh()
    {
        _live.Clear();
        var files = FlightTableReader.In(_directory);
        foreach (var path in files)
        {
            try
            {
                if (!_dead.ContainsKey(path)) Look(path);
            }
            catch (StoreException e)
            {
                if (_reported.Add(path)) ScrapeLog.FileSetAside(_logger, e.Message);
            }
        }
        foreach (var path in _dead.Keys)
        {
            if (Array.BinarySearch(files, path, StringComparer.Ordinal) < 0) _dead.Remove(path);
        }
        _isFirst = false;
    }

    private void Look(string path)
    {
        if (!FlightTableReader.TryParseSlot(path, out var kind, out var number) || kind != SlotKind.Worker) return;
        var now = MonotonicClock.Seconds();
        try
        {
            if (!FlightTableReader.TryReadLoad(path, out var load)) return;
            if (load.IsAlive) _live.Add(new LiveWorker(number, load, now));
            else if (FlightTableReader.TryRead(path) is { } report)
            {
                _dead.Add(path, new DeadWorker(path, number, report, now, BusyUntil(report, now)));
            }
        }
        catch (CorruptFileException)
        {
            _dead.Add(path, new DeadWorker(path, number, null, now, now));
        }
    }

    /// <summary>When a worker died: as its master says, else when it was seen dead, unless nobody watched.</summary>
    private double BusyUntil(FlightReport report, double now) =>
        _exits.Find(report) is { } exit ? Math.Min(now, _exits.MonotonicTimeOf(exit))
        : _isFirst ? report.LastChange
        : now;
}

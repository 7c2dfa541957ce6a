using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Flights;
using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Deaths;

/// <summary>What the flight files of a store say, as of the last refresh. Not thread-safe.</summary>
internal sealed class FlightWatch
{
    private readonly string _directory;
    private readonly ILogger _logger;
    private readonly List<LiveWorker> _live = [];
    private readonly Dictionary<string, DeadWorker> _dead = new(StringComparer.Ordinal);
    private readonly HashSet<string> _reported = new(StringComparer.Ordinal);

    /// <summary>A watch that has seen nothing yet.</summary>
    /// <param name="directory">The store; it need not exist yet.</param>
    /// <param name="logger">Told of each file that cannot be read, once.</param>
    public FlightWatch(string directory, ILogger logger)
    {
        _directory = directory;
        _logger = logger;
    }

    /// <summary>The workers that live.</summary>
    public ReadOnlySpan<LiveWorker> Live => CollectionsMarshal.AsSpan(_live);

    /// <summary>The workers whose death is not yet accounted for.</summary>
    public IReadOnlyCollection<DeadWorker> Dead => _dead.Values;

    /// <summary>Flight files that were set aside because they are damaged.</summary>
    public long CorruptFiles { get; private set; }

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
                Look(path);
            }
            catch (Exception e)
            {
                if (_reported.Add(path)) ScrapeLog.FileQuarantined(_logger, e.Message);
            }
        }
        foreach (var path in _dead.Keys)
        {
            if (Array.BinarySearch(files, path, StringComparer.Ordinal) < 0) _dead.Remove(path);
        }
    }

    /// <summary>Reads what the workers that live have had in hand for longest: one request of each that has any.</summary>
    public IReadOnlyList<OldestRequest> ReadOldest()
    {
        var oldest = new List<OldestRequest>();
        foreach (ref readonly var worker in Live)
        {
            if (worker.Load.InFlight == 0 || TryReport(worker.Path) is not { Requests: { IsEmpty: false } requests }) continue;
            var request = requests.MinBy(request => request.Started);
            var labels = new RequestLabels(request);
            oldest.Add(new(
                SlotName.LabelOf(SlotKind.Worker, worker.Number), labels.Method, labels.Route,
                Math.Max(0, MonotonicClock.Seconds() - request.Started)));
        }
        return oldest;
    }

    /// <summary>Keeps a damaged file of a dead worker aside under another name, and counts it.</summary>
    internal void Quarantine(DeadWorker worker)
    {
        StoreFiles.Quarantine(worker.Path);
        _dead.Remove(worker.Path);
        NoteCorrupt($"{worker.Path} has no header of a flight file");
    }

    /// <summary>Counts a file of deaths that was damaged and is kept aside.</summary>
    /// <param name="reason">Which, and why.</param>
    internal void NoteCorrupt(string reason)
    {
        CorruptFiles++;
        DeathLog.FlightFileQuarantined(_logger, reason);
    }

    private void Look(string path)
    {
        if (!FlightTableReader.TryParseSlot(path, out var kind, out var number) || kind != SlotKind.Worker) return;
        var now = MonotonicClock.Seconds();
        if (!FlightTableReader.TryReadLoad(path, now, out var load)) return;
        if (!load.IsAlive)
        {
            var report = TryReport(path);
            // A worker locks its file before it writes the header: only one with a header and still no lock is dead.
            if (!FlightTableReader.TryReadLoad(path, now, out load)) return;
            if (!load.IsAlive)
            {
                _dead[path] = new DeadWorker(path, number, report, _dead.TryGetValue(path, out var known) ? known.SeenAt : now);
                return;
            }
        }
        _dead.Remove(path);
        _live.Add(new LiveWorker(number, load, now, path));
    }

    private static FlightReport? TryReport(string path)
    {
        try
        {
            return FlightTableReader.TryRead(path);
        }
        catch (CorruptFileException)
        {
            return null;
        }
    }
}

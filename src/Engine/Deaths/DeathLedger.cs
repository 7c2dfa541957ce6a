using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Flights;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;

namespace GunicornPrometheusExporter.Deaths;

/// <summary>The exporter's own counters in the store, with the names of the flight files that they already count.</summary>
/// <remarks>
/// Written in one step: a copy is extended, made durable and renamed over the old file, so that an exporter killed at any
/// instruction has counted a death whole or not at all. Used under the lock of the exporter's slot.
/// </remarks>
internal sealed class DeathLedger
{
    private const int LongestKey = 16 << 10;
    private const int LongestFile = StoreFileWriter.MaximumSize + (2 * CountedFiles.MaximumLength);

    private readonly string _path;
    private readonly int _maximumLabelValues;
    private readonly byte[] _content;
    private readonly Dictionary<string, SlotCounters> _slots = [];

    private DeathLedger(string path, int maximumLabelValues, byte[] content, HashSet<string> counted) =>
        (_path, _maximumLabelValues, _content, Counted) = (path, maximumLabelValues, content, counted);

    /// <summary>The names of the flight files that are already counted.</summary>
    internal IReadOnlySet<string> Counted { get; }

    /// <summary>The path of a damaged ledger that was quarantined, or null.</summary>
    internal string? Quarantined { get; private init; }

    /// <summary>Reads the ledger of a store; quarantines a damaged one and starts empty.</summary>
    internal static DeathLedger Read(string directory, int maximumLabelValues)
    {
        var path = Path.Combine(directory, StoreFileName.Ledger.ToString());
        if (StoreFiles.TryReadAll(path, LongestFile) is { } bytes && IsWhole(bytes, out var used))
        {
            return new(path, maximumLabelValues, bytes[..used], CountedFiles.Read(bytes.AsSpan(used)).Keys.ToHashSet());
        }
        var aside = StoreFiles.IsPresent(path) ? StoreFiles.Quarantine(path) : null;
        return new(path, maximumLabelValues, [], []) { Quarantined = aside };
    }

    /// <summary>Counts the lost requests of dead workers, and records their flight files as counted.</summary>
    /// <exception cref="StoreException">The file cannot be written; nothing is counted.</exception>
    internal void Count(IReadOnlyCollection<Death> deaths, Func<FlightRequest, RequestLabels> labelsOf) =>
        StoreFiles.Replace(_path, stream => Write(stream, deaths, labelsOf));

    private void Write(FileStream stream, IReadOnlyCollection<Death> deaths, Func<FlightRequest, RequestLabels> labelsOf)
    {
        stream.Write(_content);
        stream.Flush();
        int used;
        // The layout of the dead worker's own file: whoever reads that file can read this one.
        using (var file = StoreFileWriter.Open(stream.Name, CountersOf(deaths.First().Worker).Layout))
        {
            Add(file, deaths, labelsOf);
            used = file.Used;
        }
        stream.Position = used;
        var names = deaths.Select(death => death.Worker.FileName).Concat(StillThere());
        stream.Write(CountedFiles.Write(names));
        stream.Flush(flushToDisk: true);
    }

    /// <summary>Whether a worker's slot has WebSockets that are not counted as closed or lost.</summary>
    internal bool HasOpenWebSockets(DeadWorker worker) =>
        worker.Kind == SlotKind.Worker && LostWebSockets.Find(CountersOf(worker)).Count > 0;

    private void Add(StoreFileWriter file, IReadOnlyCollection<Death> deaths, Func<FlightRequest, RequestLabels> labelsOf)
    {
        var bounds = new LabelBounds(_maximumLabelValues);
        file.VisitKeys(bounds.Learn);
        foreach (var death in deaths)
        {
            var id = new Label(MetricFamily.WorkerLabel, death.Worker.WorkerId);
            if (death.Worker.Kind == SlotKind.Dirty)
            {
                Add(file, MetricCatalogue.DirtyWorkerBusy, death.LostBusySeconds, id);
                AddTasks(file, death, bounds);
                continue;
            }
            Add(file, MetricCatalogue.WorkerBusy, death.LostBusySeconds, id);
            if (death.LostLoopSeconds > 0) Add(file, MetricCatalogue.WorkerLoopBusy, death.LostLoopSeconds, id);
            foreach (var request in death.Worker.Report!.Requests)
            {
                Add(file, MetricCatalogue.WorkerRequestsLost, 1, id, new("reason", death.Cause));
                var labels = labelsOf(request);
                // The client may have the whole response: count it as a finished request, as its worker would have.
                var mayBeAnswered = request is { State: FlightState.Responding, Status: > 0 };
                if (labels.IsExcluded)
                {
                    if (mayBeAnswered && labels.CountsExcluded)
                    {
                        Add(file, MetricCatalogue.HttpRequests, 1, labels.At(EndpointBounds.Excluded));
                    }
                    continue;
                }
                var isSlow = death.Time - request.Started > labels.SlowAfter(death.Worker.Report.Timeout);
                if (!isSlow && !mayBeAnswered) continue;
                var endpoint = EndpointOf(labels, death.Worker, bounds.Endpoints);
                if (isSlow) Add(file, MetricCatalogue.SlowRequests, 1, labels.OfRoute(endpoint));
                if (!mayBeAnswered) continue;
                var route = labels.At(endpoint);
                Add(file, MetricCatalogue.WorkerRequests, 1, id);
                Add(file, MetricCatalogue.HttpRequests, 1, [.. route, .. ExtraLabelsOf(request, death.Worker, bounds)]);
                if (labels.IsFailed) Add(file, MetricCatalogue.WorkerFailedRequests, 1, [id, .. route]);
            }
        }
    }

    private static void AddTasks(StoreFileWriter file, Death death, LabelBounds bounds)
    {
        foreach (var task in death.Worker.Report!.Requests.Where(task => !task.IsOverdue))
        {
            _ = bounds.TryAdmit(MetricCatalogue.Application, task.Path, out var application);
            _ = bounds.TryAdmit(MetricCatalogue.Action, task.Route, out var action);
            Add(
                file, MetricCatalogue.DirtyTasksLost, 1, new(MetricCatalogue.Application, application),
                new(MetricCatalogue.Action, action), new("reason", death.Cause));
        }
    }

    private string EndpointOf(RequestLabels labels, DeadWorker worker, EndpointBounds endpoints)
    {
        string? endpoint;
        if (labels.IsRouted) _ = endpoints.TryAdmitRoute(labels.Route, out endpoint);
        else if (labels.IsUnmatched || (labels.MayBeUnmatched && !SlotOf(worker).Knows(labels.Route))) endpoint = EndpointBounds.Unmatched;
        else _ = endpoints.TryAdmitPath(labels.Route, out endpoint);
        return endpoint;
    }

    /// <summary>The extra labels of a request, from the entry of its worker's counters that the flight record refers to.</summary>
    private IEnumerable<Label> ExtraLabelsOf(FlightRequest request, DeadWorker worker, LabelBounds bounds)
    {
        if (request.Labels == 0) return [];
        return SlotOf(worker).ExtraLabelsAt(request.Labels).Select(label =>
        {
            _ = bounds.TryAdmit(label.Name, label.Value, out var value);
            return label with { Value = value };
        });
    }

    private SlotCounters SlotOf(DeadWorker worker)
    {
        if (!_slots.TryGetValue(worker.WorkerId, out var slot))
        {
            _slots[worker.WorkerId] = slot = new SlotCounters(CountersOf(worker), _maximumLabelValues);
        }
        return slot;
    }

    private static void Add(StoreFileWriter file, MetricFamily family, double amount, params ReadOnlySpan<Label> labels)
    {
        var key = StoreKey.Of(family, family.Name, labels, stackalloc byte[LongestKey]);
        if (!key.Overflowed) file.GetOrAdd(key.Written).Add(amount);
    }

    /// <summary>Files that are counted but could not be removed yet.</summary>
    private IEnumerable<string> StillThere() =>
        Counted.Where(name => File.Exists(Path.Combine(Path.GetDirectoryName(_path)!, name)));

    /// <summary>The entries of the counters of a worker's slot; none if there are no counters, or they are damaged.</summary>
    private EntryWalk CountersOf(DeadWorker worker)
    {
        var owner = SlotName.Of(worker.Kind, worker.Number);
        var name = new StoreFileName(MetricType.Counter, GaugeMode.All, false, owner);
        _ = EntryWalk.TryRead(Path.Combine(Path.GetDirectoryName(_path)!, name.ToString()), out var walk);
        return walk;
    }

    private static bool IsWhole(byte[] file, out int used)
    {
        if (!EntryWalk.TryGetUsed(file, file.Length, out used)) return false;
        var content = file.AsSpan(0, used);
        return used <= StoreFormat.HeaderSize || (EntryWalk.LayoutOf(content) is { } layout && ReadKey.AreIn(content, layout));
    }
}

using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.Trends;

/// <summary>Remembers the memory of each worker process for six hours. Not thread-safe.</summary>
internal sealed class MemoryHistory
{
    private const int Points = 36;
    private static readonly TimeSpan Step = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Shortest = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, (string Pid, Queue<(DateTimeOffset Time, double Bytes)> Points)> _workers = [];
    private DateTimeOffset? _last;

    internal void Add(FamilyTable families, DateTimeOffset now)
    {
        // After a backward step of the clock it is due too.
        var isDue = now - _last is not { } age || age < TimeSpan.Zero || age >= Step;
        if (isDue) _last = now;
        var memory = new Dictionary<string, double>();
        // The views prefer the second.
        foreach (var family in (MetricFamily[])[MetricCatalogue.WorkerMemory, MetricCatalogue.WorkerProportionalMemory])
        {
            families.Visit(family, (_, set, bytes) => memory[TrendSums.LabelOf(set, MetricFamily.WorkerLabel)] = bytes);
        }
        foreach (var gone in _workers.Keys.Except(memory.Keys).ToArray()) _workers.Remove(gone);
        families.Visit(MetricCatalogue.WorkerInfo, (_, set, _) =>
        {
            var (id, pid) = (TrendSums.LabelOf(set, MetricFamily.WorkerLabel), TrendSums.LabelOf(set, "pid"));
            // A new process has its first value at once.
            if (memory.TryGetValue(id, out var bytes) && (isDue || !IsKnown(id, pid))) Add(id, pid, now, bytes);
        });
    }

    /// <summary>How much more memory a process has than when it was first remembered; null if that is less than a minute ago.</summary>
    internal Growth? GrowthOf(WorkerStatus worker, DateTimeOffset now)
    {
        if (worker.Memory is not { } bytes || worker.Pid is null || !IsKnown(worker.Id, worker.Pid)) return null;
        var (time, before) = _workers[worker.Id].Points.Peek();
        return now - time < Shortest ? null : new(bytes - before, now - time);
    }

    internal void Add(string id, string pid, DateTimeOffset now, double bytes)
    {
        if (!IsKnown(id, pid)) _workers[id] = (pid, []);
        var points = _workers[id].Points;
        if (points.Count == Points) points.Dequeue();
        points.Enqueue((now, bytes));
    }

    private bool IsKnown(string id, string pid) => _workers.TryGetValue(id, out var known) && known.Pid == pid;
}

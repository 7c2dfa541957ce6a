using System.Collections.Concurrent;
using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.Profiles;

/// <summary>Counts the samples of a profile and what they cost the workers. Safe for any number of threads.</summary>
internal sealed class SampleCount
{
    private const int MostReasons = 16;

    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, int> _missed = new();
    private readonly HashSet<string> _workers = [];
    private int _taken;

    internal int Taken => _taken;

    internal int Missed => _missed.Values.Sum();

    /// <summary>Why most of the samples are missing; null if none is.</summary>
    private string? Reason => _missed.IsEmpty ? null : _missed.MaxBy(reason => reason.Value).Key;

    internal void AddWorker(string workerId)
    {
        lock (_gate) _workers.Add(workerId);
    }

    internal void AddTaken() => Interlocked.Increment(ref _taken);

    internal void AddMissed(string reason)
    {
        if (_missed.Count < MostReasons || _missed.ContainsKey(reason)) _missed.AddOrUpdate(reason, 1, static (_, count) => count + 1);
    }

    /// <summary>Why there are no samples.</summary>
    internal string WhyEmpty(ProfileRequest request) => Reason is { } reason
        ? $"no stack could be taken: {reason}"
        : $"no request{(request.Route is { } route ? $" of {route}" : "")} was in flight; profile while the server has load";

    /// <summary>Describes it in one line.</summary>
    /// <param name="duration">How long the profile took, in seconds.</param>
    /// <param name="cost">What the samples took of all workers, in seconds.</param>
    internal string Describe(double duration, double cost)
    {
        var missed = Reason is { } reason ? $", {Show.Count(Missed)} missed ({Show.Printable(reason)})" : "";
        if (Taken == 0) return $"no samples in {Show.Duration(duration)}{missed}";
        var share = cost / (duration * _workers.Count);
        var workers = _workers.Count == 1 ? "worker" : "workers";
        return $"{Show.Count(Taken)} samples of {_workers.Count} {workers} in {Show.Duration(duration)}{missed}; "
            + string.Create(CultureInfo.InvariantCulture, $"each took about {1000 * cost / Taken:0.00} ms of its worker, ")
            + string.Create(CultureInfo.InvariantCulture, $"all of them {100 * share:0.00} % of its time");
    }
}

using System.Collections.Immutable;
using GunicornPrometheusExporter.Exporter.Checks;
using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.StatusPage;

/// <summary>Reads the store for viewers of the page, and keeps recent reads. Safe for any number of threads.</summary>
/// <param name="check">Finds the problems of a read; none without it.</param>
internal sealed class StatusWatch(Func<StoreLook> read, TimeProvider time, Func<StoreLook, Samples, IEnumerable<Finding>>? check = null)
{
    private static readonly TimeSpan Freshness = TimeSpan.FromMilliseconds(900);

    private readonly Lock _gate = new();
    private readonly ReadingWindow _window = new();
    private (Status Status, ImmutableArray<Finding> Findings)? _last;
    private long _readAt;

    /// <summary>The content of the page, from a read less than a second old.</summary>
    internal Status Look() => Check().Status;

    /// <summary>The same, with the problems of that read.</summary>
    internal (Status Status, ImmutableArray<Finding> Findings) Check()
    {
        lock (_gate)
        {
            if (_last is { } last && time.GetElapsedTime(_readAt) < Freshness) return last;
            var look = read();
            _readAt = time.GetTimestamp();
            var now = Samples.Of(look);
            var status = new StatusReading(now, _window.Move(now).First).ToStatus(look.Oldest) with { Incidents = look.Incidents };
            last = (status, [.. check?.Invoke(look, now) ?? []]);
            _last = last;
            return last;
        }
    }
}

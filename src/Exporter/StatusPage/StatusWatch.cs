using System.Collections.Immutable;
using GunicornPrometheusExporter.Flights;
using GunicornPrometheusExporter.Forwarding;

namespace GunicornPrometheusExporter.Exporter.StatusPage;

/// <summary>Reads the store for those who look at the page, and remembers some of it. Safe for any number of threads.</summary>
/// <param name="read">Reads the store once.</param>
/// <param name="time">The clock.</param>
internal sealed class StatusWatch(Func<(MetricSnapshot Snapshot, IReadOnlyCollection<OldestRequest> Oldest)> read, TimeProvider time)
{
    private static readonly TimeSpan Freshness = TimeSpan.FromMilliseconds(900);
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly List<Samples> _readings = [];
    private ImmutableArray<Moment> _history = [];
    private Status? _status;
    private long _readAt;

    /// <summary>What the page shows: of a reading less than a second old.</summary>
    internal Status Look()
    {
        lock (_gate)
        {
            if (_status is not null && time.GetElapsedTime(_readAt) < Freshness) return _status;
            var (snapshot, oldest) = read();
            _readAt = time.GetTimestamp();
            var now = new Samples(snapshot);
            Forget(now.Time);
            if (_readings.Count > 0 && new StatusReading(now, _readings[^1]).Traffic() is { } traffic)
            {
                _history = [.. _history.Where(moment => now.Time - moment.Time < Memory), new Moment(now.Time, traffic)];
            }
            _status = new StatusReading(now, _readings.FirstOrDefault()).ToStatus(oldest, _history);
            _readings.Add(now);
            return _status;
        }
    }

    /// <summary>Keeps one reading that is older than the window, if it is not too old; none from before a clock was set back.</summary>
    private void Forget(DateTimeOffset now)
    {
        while (_readings.Count > 1 && now - _readings[1].Time >= Window) _readings.RemoveAt(0);
        _readings.RemoveAll(reading => now - reading.Time >= Memory || reading.Time >= now);
    }
}

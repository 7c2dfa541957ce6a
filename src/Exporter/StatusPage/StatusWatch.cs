using System.Collections.Immutable;
using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.StatusPage;

/// <summary>Reads the store for viewers of the page, and keeps recent reads. Safe for any number of threads.</summary>
internal sealed class StatusWatch(Func<StoreLook> read, TimeProvider time)
{
    private static readonly TimeSpan Freshness = TimeSpan.FromMilliseconds(900);

    private readonly Lock _gate = new();
    private readonly ReadingWindow _window = new();
    private ImmutableArray<Moment> _history = [];
    private Status? _status;
    private long _readAt;

    /// <summary>The content of the page, from a read less than a second old.</summary>
    internal Status Look()
    {
        lock (_gate)
        {
            if (_status is not null && time.GetElapsedTime(_readAt) < Freshness) return _status;
            var look = read();
            _readAt = time.GetTimestamp();
            var now = Samples.Of(look);
            var (first, last) = _window.Move(now);
            if (new StatusReading(now, last).Traffic() is { } traffic)
            {
                _history = [.. _history.Where(moment => now.Time - moment.Time < ReadingWindow.Memory), new Moment(now.Time, traffic)];
            }
            _status = new StatusReading(now, first).ToStatus(look.Oldest, _history) with { Incidents = look.Incidents };
            return _status;
        }
    }
}

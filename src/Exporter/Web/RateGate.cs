namespace GunicornPrometheusExporter.Exporter.Web;

/// <summary>Counts requests against the limit in force. Safe for any number of threads.</summary>
internal sealed class RateGate(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly long _start = time.GetTimestamp();
    private RateLimit? _limit;

    // The time since the start at which the bucket is full again.
    private TimeSpan _full;

    /// <summary>Whether a request is within the limit. A changed limit starts with a full bucket.</summary>
    internal bool TryPass(RateLimit? limit)
    {
        if (limit is null) return true;
        lock (_gate)
        {
            var now = time.GetElapsedTime(_start);
            if (limit != _limit || _full < now) (_limit, _full) = (limit, now);
            if ((_full - now) / limit.Interval > limit.Burst - 1) return false;
            _full += limit.Interval;
            return true;
        }
    }
}

namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>The responses in memory: those of the current pass, and those that clients still read.</summary>
/// <remarks>Safe for any number of threads.</remarks>
internal sealed class AnswersAlive
{
    private const long MostBytes = 32 << 20;

    // Enough for one Prometheus and a few people at once; these are written regardless of size.
    private const int AlwaysWritten = 4;

    private readonly Lock _gate = new();
    private readonly List<ScrapeAnswer> _oldestFirst = [];

    /// <summary>Whether another response may be written now.</summary>
    /// <param name="isWhole">
    /// Whether it has all families. Such a response is always written: to make room, the clients that have read for the longest
    /// time are disconnected.
    /// </param>
    /// <param name="pass">The responses of the current pass, which are never removed.</param>
    internal bool HasRoom(bool isWhole, ScrapePass pass)
    {
        var evicted = new List<ScrapeAnswer>();
        lock (_gate)
        {
            if (!isWhole) return IsBelow;
            while (!IsBelow && _oldestFirst.Find(answer => !pass.Answers.Contains(answer)) is { } oldest)
            {
                _oldestFirst.Remove(oldest);
                evicted.Add(oldest);
            }
        }
        evicted.ForEach(answer => answer.Evict());
        return true;
    }

    internal void Add(ScrapeAnswer answer)
    {
        lock (_gate) _oldestFirst.Add(answer);
    }

    /// <summary>Removes a response that no client reads any more.</summary>
    internal void Remove(ScrapeAnswer answer)
    {
        lock (_gate) _oldestFirst.Remove(answer);
    }

    private bool IsBelow => _oldestFirst.Count < AlwaysWritten || _oldestFirst.Sum(answer => answer.Length) < MostBytes;
}

namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>The answers that take memory: those of the pass under way, and those that clients still read.</summary>
/// <remarks>Safe for any number of threads.</remarks>
internal sealed class AnswersAlive
{
    private const long MostBytes = 32 << 20;

    // An ordinary Prometheus and a few people at the same moment: so many are written however large they are.
    private const int AlwaysWritten = 4;

    private readonly Lock _gate = new();
    private readonly LinkedList<(ScrapeAnswer Answer, long Bytes)> _oldestFirst = [];
    private long _bytes;

    /// <summary>Whether another answer may be written now.</summary>
    /// <param name="isWhole">
    /// Whether it has all families. Such an answer is always written: if there is no room, the clients that have read for
    /// longest give way to it.
    /// </param>
    /// <param name="pass">The answers of the pass under way, which do not give way.</param>
    internal bool HasRoom(bool isWhole, ScrapePass pass)
    {
        var evicted = new List<ScrapeAnswer>();
        lock (_gate)
        {
            if (!isWhole) return IsBelow;
            for (var place = _oldestFirst.First; place is not null && !IsBelow;)
            {
                var next = place.Next;
                if (!pass.Answers.Contains(place.Value.Answer))
                {
                    evicted.Add(place.Value.Answer);
                    Remove(place);
                }
                place = next;
            }
        }
        evicted.ForEach(answer => answer.Evict());
        return true;
    }

    /// <summary>Counts an answer that was written.</summary>
    internal void Add(ScrapeAnswer answer)
    {
        lock (_gate)
        {
            _oldestFirst.AddLast((answer, answer.Length));
            _bytes += answer.Length;
        }
    }

    /// <summary>Counts an answer no more that nobody reads.</summary>
    internal void Remove(ScrapeAnswer answer)
    {
        lock (_gate)
        {
            for (var place = _oldestFirst.First; place is not null; place = place.Next)
            {
                if (place.Value.Answer != answer) continue;
                Remove(place);
                return;
            }
        }
    }

    private bool IsBelow => _bytes < MostBytes || _oldestFirst.Count < AlwaysWritten;

    private void Remove(LinkedListNode<(ScrapeAnswer Answer, long Bytes)> place)
    {
        _bytes -= place.Value.Bytes;
        _oldestFirst.Remove(place);
    }
}

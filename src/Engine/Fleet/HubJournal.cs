using GunicornPrometheusExporter.Forwarding;
using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Fleet;

/// <summary>Logs what changed between two reads, and counts failed reads.</summary>
internal sealed class HubJournal(ILogger logger)
{
    private bool? _hasHosts;
    private bool _isSkipping;

    public bool IsLost { get; private set; }

    /// <summary>Whether a read ever succeeded.</summary>
    public bool HasRead => _hasHosts is not null;

    public long Errors { get; private set; }

    /// <summary>Records a read of the source at a place, which is worded as the end of a sentence.</summary>
    public void Read(string place, int live, IReadOnlyList<SkippedEntry> skipped)
    {
        var (hasHosts, isSkipping) = (live > 0, skipped.Count > 0);
        if (IsLost || hasHosts != _hasHosts)
        {
            if (hasHosts) HubLog.HostsFound(logger, place, live);
            else HubLog.NoHosts(logger, place);
        }
        if (isSkipping && !_isSkipping) HubLog.EntriesSkipped(logger, skipped.Count, skipped[0].Name, skipped[0].Reason);
        if (!isSkipping && _isSkipping) HubLog.NothingSkipped(logger);
        (IsLost, _hasHosts, _isSkipping) = (false, hasHosts, isSkipping);
    }

    public void Fail(string reason)
    {
        if (!IsLost) HubLog.SourceLost(logger, reason);
        IsLost = true;
        Errors++;
    }
}

using System.Buffers;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Forwarding;
using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Fleet;

/// <summary>Serves the hosts of a fleet as one exposition, from what they left at a source.</summary>
/// <remarks>
/// Keeps nothing that is not at the source: every hub says the same, and may be started anew at any time. Not thread-safe.
/// </remarks>
public sealed class FleetHub
{
    private static readonly TimeSpan LongestRead = TimeSpan.FromSeconds(5);

    private readonly IFleetSource _source;
    private readonly IFleetExposition _exposition;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly HubFigures _figures = new();
    private FleetReading _reading = new([], []);
    private bool _isLost;
    private bool _isSkipping;
    private long _errors;

    /// <summary>A hub that has read nothing yet.</summary>
    /// <param name="source">Where the hosts leave their snapshots.</param>
    /// <param name="isMerged">Whether all hosts are one, instead of a label <c>instance</c> that tells them apart.</param>
    /// <param name="logger">Told of each change once.</param>
    /// <param name="time">The clock.</param>
    public FleetHub(IFleetSource source, bool isMerged, ILogger logger, TimeProvider? time = null)
    {
        _source = source;
        _exposition = isMerged ? new MergedExposition(logger) : new HostExposition(logger);
        _logger = logger;
        _time = time ?? TimeProvider.System;
    }

    /// <summary>Reads what the hosts left; while that fails, what is known stays, for as long as its hosts may live.</summary>
    /// <param name="end">Cancelled when the hub is to end.</param>
    public async Task RefreshAsync(CancellationToken end = default)
    {
        var start = _time.GetTimestamp();
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(end);
            limit.CancelAfter(LongestRead);
            Take(await _source.ReadAsync(limit.Token));
        }
        catch (ForwardingException e)
        {
            Miss(e.Message);
        }
        catch (OperationCanceledException) when (!end.IsCancellationRequested)
        {
            Miss($"there is no answer after {LongestRead.TotalSeconds} s.");
        }
        var now = _time.GetUtcNow();
        var own = _figures.Take(_reading, now, !_isLost, _errors, _time.GetElapsedTime(start));
        _exposition.Refresh([own, .. _reading.Hosts], now);
    }

    /// <summary>Writes what the last refresh read.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="format">In which format; without merging the text format is the only one.</param>
    /// <param name="names">The names of the families and samples that are wanted; null for all.</param>
    public void Write(IBufferWriter<byte> output, ExpositionFormat format = ExpositionFormat.Text, IReadOnlySet<string>? names = null) =>
        _exposition.Write(output, format, names);

    private void Take(FleetReading reading)
    {
        var hosts = reading.Hosts
            .OrderBy(host => host.Instance, StringComparer.Ordinal)
            .ThenBy(host => host.Incarnation, StringComparer.Ordinal);
        _reading = reading with { Hosts = [.. hosts] };
        var isSkipping = reading.Skipped.Count > 0;
        if (isSkipping && !_isSkipping)
        {
            var first = reading.Skipped[0];
            HubLog.EntriesSkipped(_logger, reading.Skipped.Count, first.Name, first.Reason);
        }
        if (!isSkipping && _isSkipping) HubLog.NothingSkipped(_logger);
        if (_isLost) HubLog.SourceRecovered(_logger, reading.Hosts.Count(host => host.IsLive(_time.GetUtcNow())));
        (_isSkipping, _isLost) = (isSkipping, false);
    }

    private void Miss(string reason)
    {
        _errors++;
        if (!_isLost) HubLog.SourceLost(_logger, reason);
        _isLost = true;
    }
}

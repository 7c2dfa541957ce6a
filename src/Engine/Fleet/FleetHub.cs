using System.Buffers;
using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Forwarding;
using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Fleet;

/// <summary>Serves the hosts of a fleet as one exposition, from what they left at a source.</summary>
/// <remarks>
/// Keeps nothing that is not at the source: every hub says the same, and may be started anew at any time. Not thread-safe.
/// </remarks>
internal sealed class FleetHub
{
    private IFleetSource _source;
    private readonly IFleetExposition _exposition;
    private readonly HubJournal _journal;
    private readonly TimeProvider _time;
    private readonly HubFigures _figures = new();
    private FleetReading _reading = new([], []);

    /// <summary>A hub that has read nothing yet.</summary>
    /// <param name="source">Where the hosts leave their snapshots.</param>
    /// <param name="isMerged">Whether all hosts are one, instead of a label <c>instance</c> that tells them apart.</param>
    /// <param name="logger">Told of each change once.</param>
    /// <param name="time">The clock.</param>
    public FleetHub(IFleetSource source, bool isMerged, ILogger logger, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        _source = source;
        _exposition = isMerged ? new MergedExposition(logger) : new HostExposition(logger);
        _journal = new HubJournal(logger) { Place = source.Place };
        _time = time ?? TimeProvider.System;
    }

    /// <summary>How the last reading of the configuration went, as who reads it told; null if nobody does.</summary>
    public ReloadStatus? LastReload { get; set; }

    /// <summary>Reads from another source from now on.</summary>
    /// <param name="source">The source; that of before is still its owner's.</param>
    public void Replace(IFleetSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        (_source, _journal.Place) = (source, source.Place);
    }

    /// <summary>Reads what the hosts left; while that fails, what is known stays, for as long as its hosts may live.</summary>
    /// <param name="end">Cancelled when the hub is to end.</param>
    public async Task RefreshAsync(CancellationToken end = default)
    {
        var start = _time.GetTimestamp();
        try
        {
            var reading = await _source.ReadAsync(end).ConfigureAwait(false);
            _reading = reading with { Hosts = [.. reading.Hosts.OrderBy(host => host.Instance, StringComparer.Ordinal)] };
            _journal.Read(reading.Hosts.Count(host => host.IsLive(_time.GetUtcNow())), reading.Skipped);
        }
        catch (ForwardingException e)
        {
            // One that was told to end has nothing to tell of its source.
            if (!end.IsCancellationRequested) _journal.Fail(e.Message);
        }
        var now = _time.GetUtcNow();
        var own = _figures.Take(_reading, now, _journal, _time.GetElapsedTime(start), LastReload);
        _exposition.Refresh([own, .. _reading.Hosts], now);
    }

    /// <summary>Writes what the last refresh read.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="format">In which format; without merging the text format is the only one.</param>
    /// <param name="names">The names of the families and samples that are wanted; null for all.</param>
    public void Write(IBufferWriter<byte> output, ExpositionFormat format = ExpositionFormat.Text, IReadOnlySet<string>? names = null) =>
        _exposition.Write(output, format, names);
}

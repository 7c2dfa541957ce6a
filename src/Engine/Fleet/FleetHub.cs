using System.Buffers;
using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Forwarding;
using GunicornPrometheusExporter.Snapshots;
using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Fleet;

/// <summary>Serves the hosts of a fleet as one exposition, from their snapshots at a source.</summary>
/// <remarks>
/// The source holds all state, so all hubs expose the same values of a host and can restart at any time. Not thread-safe.
/// </remarks>
/// <param name="isSharing">Whether other hubs serve other hosts of the fleet.</param>
internal sealed class FleetHub(
    IFleetSource source, bool isMerged, ILogger logger, TimeProvider? time = null, bool isSharing = false)
{
    private readonly IFleetExposition _exposition = isMerged ? new MergedExposition(logger, isSharing) : new HostExposition(logger);
    private readonly HubJournal _journal = new(logger);
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly HubStatistics _statistics = new();
    private IFleetSource _source = source;
    private FleetReading _reading = new([], []);
    private HubLease? _lease;

    public ReloadStatus? LastReload { get; set; }

    /// <summary>Whether the source was read at least once.</summary>
    public bool HasRead => _journal.HasRead;

    /// <summary>The live hosts of the last refresh, after the hub itself, which has no name.</summary>
    public IReadOnlyList<HostSnapshot> Hosts { get; private set; } = [];

    /// <summary>Replaces the source; the caller still owns the previous one.</summary>
    public void Replace(IFleetSource next) => _source = next;

    /// <summary>Reads the hosts' snapshots. If that fails, the previous ones remain until they expire.</summary>
    public async Task RefreshAsync(CancellationToken end = default)
    {
        var start = _time.GetTimestamp();
        try
        {
            var reading = await _source.ReadAsync(end).ConfigureAwait(false);
            _reading = reading with { Hosts = [.. reading.Hosts.OrderBy(host => host.Instance, StringComparer.Ordinal)] };
            _lease = _source.Lease;
            _journal.Read(_source.Place, reading.Hosts.Count(host => host.IsLive(_time.GetUtcNow())), reading.Skipped);
        }
        catch (ForwardingException e)
        {
            // A hub that is stopping reports nothing about its source.
            if (!end.IsCancellationRequested) _journal.Fail(e.Message);
            // It may have renewed the lease before: the hosts that a new hub receives are at that one already.
            var share = _source.Lease?.Share;
            _reading = _reading with { Hosts = [.. _reading.Hosts.Where(host => share?.Has(host.Instance) != false)] };
        }
        // Another hub may serve these hosts by now.
        if (_time.GetTimestamp() >= _lease?.Until) _reading = new([], []);
        var now = _time.GetUtcNow();
        var own = _statistics.Take(_reading, _lease, now, _journal, _time.GetElapsedTime(start), LastReload);
        Hosts = [own, .. _reading.Hosts.Where(host => host.IsLive(now))];
        _exposition.Refresh([own, .. _reading.Hosts], now);
    }

    /// <summary>Writes what the last refresh read; without merging, only the text format is supported.</summary>
    public void Write(
        IBufferWriter<byte> output, ExpositionFormat format = ExpositionFormat.Text, IReadOnlySet<string>? names = null,
        NameEscaping escaping = NameEscaping.Underscores) => _exposition.Write(output, format, names, escaping);
}

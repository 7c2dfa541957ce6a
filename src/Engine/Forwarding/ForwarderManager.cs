using System.Collections.Concurrent;
using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Snapshots;
using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Forwarding;

/// <summary>Runs forwarders by name. Safe for any number of threads.</summary>
/// <remarks>
/// Each forwarder sends once per interval, in its own task. A failure is recorded in its status, and each new reason is logged once;
/// it affects neither other forwarders nor the caller. The <c>read</c> delegate reads the store, with details if its argument is
/// true, and is called from any thread.
/// </remarks>
internal sealed class ForwarderManager(Func<bool, MetricSnapshot> read, ILogger logger, TimeProvider? time = null) : IAsyncDisposable
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly ConcurrentDictionary<string, ForwarderStatus> _statuses = new(StringComparer.Ordinal);

    // Guarded by the gate.
    private readonly Dictionary<string, Func<IForwarder>> _forwarders = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ForwarderStatus> _removed = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ForwarderRun> _runs = new(StringComparer.Ordinal);
    private readonly Gate _gate = new();

    public IReadOnlyDictionary<string, ForwarderStatus> Statuses => _statuses;

    /// <summary>Adds a forwarder, stopped; a forwarder of the same name is stopped and removed.</summary>
    public async Task AddAsync(string name, Func<IForwarder> create)
    {
        using var visit = await _gate.EnterAsync();
        await StopRunAsync(name);
        _forwarders[name] = create;
        _statuses.TryAdd(name, _removed.Remove(name, out var status) ? status : new());
    }

    /// <summary>Stops a forwarder after a last snapshot, and removes it. If it is added again, its counts continue.</summary>
    public async Task RemoveAsync(string name)
    {
        using var visit = await _gate.EnterAsync();
        await StopRunAsync(name);
        _forwarders.Remove(name);
        if (_statuses.TryRemove(name, out var status)) _removed[name] = status;
    }

    /// <summary>Starts a forwarder unless it is running. Returns false if the name is unknown.</summary>
    /// <exception cref="ConfigurationException">The forwarder's settings contradict each other.</exception>
    public async Task<bool> StartAsync(string name)
    {
        using var visit = await _gate.EnterAsync();
        return Start(name);
    }

    /// <summary>Stops a forwarder after a last snapshot, within 2.5 seconds. Returns false if the name is unknown.</summary>
    public async Task<bool> StopAsync(string name)
    {
        using var visit = await _gate.EnterAsync();
        await StopRunAsync(name);
        return _forwarders.ContainsKey(name);
    }

    /// <summary>Starts every stopped forwarder, and logs each one that cannot be started.</summary>
    public async Task StartAllAsync()
    {
        using var visit = await _gate.EnterAsync();
        foreach (var name in _forwarders.Keys)
        {
            try
            {
                Start(name);
            }
            catch (ConfigurationException e)
            {
                ForwarderLog.NotStarted(logger, name, e.Message);
            }
            catch (Exception e)
            {
                ForwarderLog.Faulted(logger, name, e.GetType().Name, e.StackTrace);
            }
        }
    }

    /// <summary>Stops every forwarder after a last snapshot, within 2.5 seconds.</summary>
    public async Task StopAllAsync()
    {
        using var visit = await _gate.EnterAsync();
        await Task.WhenAll(_runs.Keys.ToList().Select(StopRunAsync));
    }

    public async ValueTask DisposeAsync()
    {
        await StopAllAsync();
        _gate.Dispose();
    }

    private bool Start(string name)
    {
        if (!_forwarders.TryGetValue(name, out var create)) return false;
        if (!_runs.ContainsKey(name))
        {
            var run = new ForwarderRun(name, create(), read, change => _statuses[name] = change(_statuses[name]), logger, _time);
            _statuses[name] = _statuses[name] with { State = ForwarderState.Running };
            run.Start();
            _runs.Add(name, run);
        }
        return true;
    }

    private async Task StopRunAsync(string name)
    {
        if (_runs.Remove(name, out var run)) await run.DisposeAsync();
    }
}

using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.Exporter;

/// <summary>The configuration in force and its reload. Safe for any number of threads.</summary>
/// <remarks>A new configuration is accepted as a whole or not at all; the log has the errors of a rejected one.</remarks>
internal sealed class ConfigurationInForce(ExporterConfig first, ILogger log) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1);
    private volatile ReloadStatus _status = new(true, TimeProvider.System.GetUtcNow());
    private volatile ExporterConfig _config = first;

    /// <summary>Applies a new one, or throws <see cref="ConfigurationException"/> and changes nothing.</summary>
    internal Func<ExporterConfig, Task> Apply { private get; set; } = _ => Task.CompletedTask;

    internal ExporterConfig Config => _config;

    internal ReloadStatus Status => _status;

    /// <summary>Reloads it at each SIGHUP, until the returned object is disposed of.</summary>
    internal IDisposable ReloadOnHangUp() => PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
    {
        signal.Cancel = true;
        _ = ReloadAsync();
    });

    /// <returns>Its errors, one per line; null if it is in force.</returns>
    internal async Task<string?> ReloadAsync()
    {
        await _gate.WaitAsync();
        try
        {
            var next = _config.Reread();
            if (next.ServingErrors.Count > 0) throw new ConfigurationException(next.ServingErrors);
            await Apply(next);
            if (next.Warning is { } warning) log.ConfigurationWarning(warning);
            var changes = _config.ChangesTo(next).ToLookup(variable => variable.ReloadScope, variable => variable.Name);
            Tell(changes[ReloadScope.GunicornReload], "when Gunicorn is reloaded");
            Tell(changes[ReloadScope.Restart], "at the next start");
            (_config, _status) = (next, new(true, TimeProvider.System.GetUtcNow()));
            log.ConfigurationReloaded();
            return null;
        }
        catch (Exception e)
        {
            // The message of an unexpected exception may contain a secret.
            var isForeseen = e is ConfigurationException or StoreException or IOException;
            var reason = isForeseen ? e.Message : $"a fault of its own, {e.GetType().Name}";
            foreach (var line in reason.Split('\n')) log.ConfigurationRefused(line);
            _status = _status with { IsSuccessful = false };
            return reason;
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    private void Tell(IEnumerable<string> names, string time)
    {
        var text = string.Join(", ", names);
        if (text.Length > 0) log.ConfigurationWaits(text, time);
    }
}

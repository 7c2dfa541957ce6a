using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Forwarding;

namespace GunicornPrometheusExporter.Exporter;

/// <summary>The current configuration and its reload. Safe for any number of threads.</summary>
/// <remarks>A new configuration is applied as a whole or not at all; the errors of a rejected one are logged.</remarks>
internal sealed class ConfigurationInForce(ExporterConfig first, ILogger log) : IDisposable
{
    private readonly Gate _gate = new();
    private volatile ReloadStatus _status = new(true, TimeProvider.System.GetUtcNow());
    private volatile ExporterConfig _config = first;

    /// <summary>Applies a new configuration, or throws <see cref="ConfigurationException"/> without changes.</summary>
    internal Func<ExporterConfig, Task> Apply { private get; set; } = _ => Task.CompletedTask;

    /// <summary>Called after each reload with whether it was successful.</summary>
    internal Action<bool> Reloaded { private get; set; } = _ => { };

    internal ExporterConfig Config => _config;

    internal ReloadStatus Status => _status;

    /// <summary>Reloads the configuration at each SIGHUP, until the returned object is disposed.</summary>
    internal IDisposable ReloadOnHangUp() => PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
    {
        signal.Cancel = true;
        _ = ReloadAsync();
    });

    /// <summary>Reloads the configuration. Returns its errors, one per line; null if it was applied.</summary>
    internal async Task<string?> ReloadAsync()
    {
        using var visit = await _gate.EnterAsync();
        try
        {
            var next = _config.Reread();
            if (next.ServingErrors.Count > 0) throw new ConfigurationException(next.ServingErrors);
            await Apply(next);
            foreach (var warning in next.Warnings) log.ConfigurationWarning(warning);
            var changes = _config.ChangesTo(next).ToLookup(variable => variable.ReloadScope, variable => variable.Name);
            LogWaiting(changes[ReloadScope.GunicornReload], "when Gunicorn reloads");
            LogWaiting(changes[ReloadScope.Restart], "after a restart");
            (_config, _status) = (next, new(true, TimeProvider.System.GetUtcNow()));
            log.ConfigurationReloaded();
            Reloaded(true);
            return null;
        }
        catch (Exception e)
        {
            // The message of an unexpected exception may contain a secret.
            var isForeseen = e is ConfigurationException or StoreException or IOException;
            var reason = isForeseen ? e.Message : $"unexpected {e.GetType().Name}";
            foreach (var line in reason.Split('\n')) log.ConfigurationRefused(line);
            _status = _status with { IsSuccessful = false };
            Reloaded(false);
            return reason;
        }
    }

    public void Dispose() => _gate.Dispose();

    private void LogWaiting(IEnumerable<string> names, string time)
    {
        var text = string.Join(", ", names);
        if (text.Length > 0) log.ConfigurationWaits(text, time);
    }
}

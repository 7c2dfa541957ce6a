using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Forwarding;
using GunicornPrometheusExporter.Store;

namespace GunicornPrometheusExporter.Exporter.Control;

/// <summary>The forwarders that the configuration asks for, and those that programs ask for. Safe for any number of threads.</summary>
/// <param name="manager">Runs them.</param>
/// <param name="config">What settings are where nobody states others.</param>
internal sealed class ConfiguredForwarders(ForwarderManager manager, ExporterConfig config) : IDisposable
{
    private readonly Dictionary<string, (Destination Destination, Dictionary<string, string> Settings)> _added =
        new(StringComparer.Ordinal);

    private readonly SemaphoreSlim _gate = new(1);

    /// <summary>Runs them.</summary>
    internal ForwarderManager Manager => manager;

    /// <summary>Adds those that a configuration asks for, stopped; what keeps one from it is told in the log.</summary>
    internal async Task AddWantedAsync(ILogger log)
    {
        foreach (var destination in Destinations.All)
        {
            try
            {
                if (destination.IsWanted(config)) await AddAsync(destination.Name, destination.Name, []);
            }
            catch (ConfigurationException e)
            {
                foreach (var line in e.Message.Split('\n')) log.NotForwarded(destination.Name, line);
            }
        }
    }

    /// <summary>Adds one, stopped. One that is there already, just so, is left alone: several processes may ask for it.</summary>
    /// <exception cref="ConfigurationException">There is no such place, or the name or a setting cannot be used.</exception>
    internal async Task AddAsync(string name, string place, Dictionary<string, string> settings)
    {
        if (!name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.'))
        {
            throw new ConfigurationException($"\"{name}\" is no name for a forwarder; choose letters, digits, _, - and .");
        }
        var destination = Destinations.All.FirstOrDefault(destination => destination.Name == place)
            ?? throw new ConfigurationException(
                $"\"{place}\" is no place to forward to; choose {string.Join(" or ", Destinations.All.Select(known => known.Name))}");
        if (settings.Keys.FirstOrDefault(IsUnknown) is { } unknown)
        {
            throw new ConfigurationException($"{unknown} is no setting; `gunicorn-prometheus-exporter config` lists those that there are");
        }
        var own = config.With(
            new Dictionary<string, string>(settings) { [MultiprocessDirectory.Variable] = config.PrometheusMultiprocDir });
        var errors = own.Errors.Where(error => !IsOfAnother(error.Variable, destination)).ToList();
        if (errors.Count > 0) throw new ConfigurationException(errors);
        await _gate.WaitAsync();
        try
        {
            if (_added.TryGetValue(name, out var added) && added.Destination == destination && IsSame(added.Settings, settings)) return;
            await manager.AddAsync(name, () => destination.Create(own));
            _added[name] = (destination, settings);
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    private static bool IsUnknown(string name) => !ConfigurationVariables.All.Any(variable => variable.Name == name);

    private static bool IsOfAnother(string variable, Destination destination) =>
        Destinations.All.Any(other => other != destination && variable.StartsWith(other.VariablePrefix, StringComparison.Ordinal));

    private static bool IsSame(Dictionary<string, string> one, Dictionary<string, string> other) =>
        one.Count == other.Count && one.All(setting => other.TryGetValue(setting.Key, out var value) && value == setting.Value);
}

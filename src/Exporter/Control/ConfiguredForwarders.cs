using GunicornPrometheusExporter.Forwarding;

namespace GunicornPrometheusExporter.Exporter.Control;

/// <summary>The forwarders of the configuration, and those that programs added. Safe for any number of threads.</summary>
internal sealed class ConfiguredForwarders(ForwarderManager manager, ExporterConfig config) : IDisposable
{
    private readonly Dictionary<string, AddedForwarder> _added = new(StringComparer.Ordinal);
    private readonly Gate _gate = new();

    // A change takes effect after a restart.
    private readonly string _directory = config.PrometheusMultiprocDir;
    private ExporterConfig _config = config;

    internal ForwarderManager Manager => manager;

    /// <summary>Adds the forwarders of the configuration in the stopped state, and logs why one cannot be added.</summary>
    internal async Task AddWantedAsync(ILogger log)
    {
        foreach (var destination in Destinations.All)
        {
            try
            {
                if (destination.IsWanted(_config)) await AddAsync(destination.Name, destination.Name, []);
            }
            catch (ConfigurationException e)
            {
                foreach (var line in e.Message.Split('\n')) log.NotForwarded(destination.Name, line);
            }
        }
    }

    /// <summary>Adds a forwarder in the stopped state. An identical one is kept, because several processes may add it.</summary>
    /// <exception cref="ConfigurationException">The name, the destination or a setting is invalid.</exception>
    internal async Task AddAsync(string name, string place, Dictionary<string, string> settings)
    {
        if (!name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.'))
        {
            throw new ConfigurationException($"\"{name}\" is not a valid forwarder name; use letters, digits, _, - and .");
        }
        var destination = Destinations.All.FirstOrDefault(destination => destination.Name == place)
            ?? throw new ConfigurationException(
                $"\"{place}\" is not a destination; use {string.Join(" or ", Destinations.All.Select(known => known.Name))}");
        if (settings.Keys.FirstOrDefault(IsUnknown) is { } unknown)
        {
            throw new ConfigurationException($"{unknown} is not a setting; `gunicorn-prometheus-exporter config` lists all settings");
        }
        using var visit = await _gate.EnterAsync();
        if (_added.TryGetValue(name, out var added) && added.IsLike(destination, settings)) return;
        var asked = Describe(name, destination, settings, _config);
        var errors = ErrorsOf(asked);
        if (errors.Count > 0) throw new ConfigurationException(errors);
        await AddAsync(asked);
    }

    /// <summary>Applies another configuration: restarts forwarders with a changed setting, and may start new ones.</summary>
    /// <exception cref="ConfigurationException">It has an invalid forwarder; nothing has changed.</exception>
    internal async Task ChangeAsync(ExporterConfig next, bool isStarting)
    {
        using var visit = await _gate.EnterAsync();
        var renewed = _added.Values.Select(added => Describe(added.Name, added.Destination, added.Settings, next)).ToList();
        var gone = renewed.Where(added => _added[added.Name].IsWanted && !added.IsWanted).ToList();
        var changed = renewed.Except(gone).Where(added => IsChanged(_added[added.Name], added)).ToList();
        var missing = Destinations.All.Where(destination => !_added.ContainsKey(destination.Name))
            .Select(destination => Describe(destination.Name, destination, [], next))
            .Where(added => ErrorsOf(added).Count == 0 && added.IsWanted).ToList();
        foreach (var added in changed.Concat(missing)) await added.Destination.Create(added.Config).DisposeAsync();

        _config = next;
        foreach (var added in gone)
        {
            await manager.RemoveAsync(added.Name);
            _added.Remove(added.Name);
        }
        foreach (var added in changed)
        {
            var isRunning = manager.Statuses[added.Name].State != ForwarderState.Stopped;
            await AddAsync(added);
            if (isRunning) await manager.StartAsync(added.Name);
        }
        foreach (var added in missing)
        {
            await AddAsync(added);
            if (isStarting) await manager.StartAsync(added.Name);
        }
    }

    public void Dispose() => _gate.Dispose();

    private static bool IsUnknown(string name) => !ConfigurationVariables.All.Any(variable => variable.Name == name);

    private static bool IsOfAnother(string variable, Destination destination) =>
        Destinations.All.Any(other => other != destination && variable.StartsWith(other.VariablePrefix, StringComparison.Ordinal));

    private AddedForwarder Describe(
        string name, Destination destination, Dictionary<string, string> settings, ExporterConfig config) =>
        new(name, destination, settings, config.With(
            new Dictionary<string, string>(settings) { [MultiprocessDirectory.Variable] = _directory }));

    private static List<ConfigurationError> ErrorsOf(AddedForwarder added) =>
        [.. added.Config.Errors.Where(error => !IsOfAnother(error.Variable, added.Destination))];

    private static bool IsChanged(AddedForwarder former, AddedForwarder added) => former.Config.ChangesTo(added.Config)
        .Any(variable => ConfigurationVariables.Forwarding.Contains(variable) && !IsOfAnother(variable.Name, added.Destination));

    private async Task AddAsync(AddedForwarder added)
    {
        await manager.AddAsync(added.Name, () => added.Destination.Create(added.Config));
        _added[added.Name] = added;
    }
}

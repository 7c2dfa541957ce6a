using GunicornPrometheusExporter.Master;

namespace GunicornPrometheusExporter.Exporter.Commands;

/// <summary><c>prepare</c>: prepares the store for a master that is about to start, and reports the result in JSON.</summary>
internal sealed class PrepareCommand : Command
{
    private const string Json = "json";
    private const string Master = "master";
    private const string Arbiter = "arbiter";

    private readonly SettingOptions _settings = new(ConfigurationVariables.ConfigFile);
    private readonly Option<string> _format = new("--format") { Description = "Output format", DefaultValueFactory = _ => Json };
    private readonly Option<uint?> _user = new("--uid") { Description = "User ID of the workers" };
    private readonly Option<uint?> _group = new("--gid") { Description = "Group ID of the workers" };

    private readonly Option<string> _role = new("--role")
    {
        Description = "Process that starts: a Gunicorn master, or its dirty arbiter",
        DefaultValueFactory = _ => Master,
    };

    private readonly Option<int?> _socket = new("--socket")
    {
        Description = "File descriptor of a Unix socket that receives the open files",
    };

    private readonly Option<bool> _timestamps = new("--timestamps")
    {
        Description = "Whether entries have a timestamp, as in prometheus_client 0.18 and later",
        DefaultValueFactory = _ => true,
    };

    internal PrepareCommand() : base("prepare", "Prepare the store for a Gunicorn master")
    {
        _format.AcceptOnlyFromAmong(Json);
        _settings.AddTo(this);
        Options.Add(_format);
        Options.Add(_user);
        Options.Add(_group);
        _role.AcceptOnlyFromAmong(Master, Arbiter);
        Options.Add(_role);
        Options.Add(_socket);
        Options.Add(_timestamps);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        using var output = Console.OpenStandardOutput();
        try
        {
            var worker = parsed.GetValue(_user);
            var config = _settings.Load(parsed);
            if (config.ServingErrors.Count > 0) throw new ConfigurationException(config.ServingErrors);
            if (config.SourceOf(ConfigurationVariables.PrometheusMultiprocDir) == SettingSource.Default)
            {
                config = config.With(
                    new Dictionary<string, string> { [MultiprocessDirectory.Variable] = MultiprocessDirectory.Default(worker) });
            }
            if (worker is { } user)
            {
                MultiprocessDirectory.BecomeWorker(config.PrometheusMultiprocDir, new UserIdentity(user, parsed.GetValue(_group) ?? user));
            }
            var layout = parsed.GetValue(_timestamps) ? EntryLayout.Timestamped : EntryLayout.ValueOnly;
            var faults = new List<string>();
            var kind = parsed.GetValue(_role) == Arbiter ? SlotKind.Arbiter : SlotKind.Master;
            var prepared = MasterPreparation.Run(config, layout, faults.Add, kind);
            if (parsed.GetValue(_socket) is { } socket) prepared.HandOver(socket);
            JsonOutput.Write(output, PrepareJson.Of(prepared, config, faults));
            return ExitStatus.Ok;
        }
        catch (Exception e) when (e is ConfigurationException or StoreException)
        {
            JsonOutput.Write(output, JsonOutput.Outcome(e.Message.Split('\n')));
            return ExitStatus.Usage;
        }
    }
}

namespace GunicornPrometheusExporter.Exporter.Commands;

/// <summary><c>config</c>: checks the configuration and prints it, or an example of its file.</summary>
internal sealed class ConfigCommand : Command
{
    private const string Text = "text";
    private const string Json = "json";

    private readonly SettingOptions _settings = new(ConfigurationVariables.OfExporter);

    private readonly Option<bool> _check = new("--check") { Description = "Print only errors and warnings" };
    private readonly Option<bool> _print = new("--print") { Description = "Print every setting and its source (default)" };
    private readonly Option<bool> _example = new("--example") { Description = "Print an example file with every setting, commented out" };

    private readonly Option<string> _format = new("--format")
    {
        Description = "Output format",
        DefaultValueFactory = _ => Text,
    };

    internal ConfigCommand() : base("config", "Check and print the configuration")
    {
        _format.AcceptOnlyFromAmong(Text, Json);
        _settings.AddTo(this);
        Option[] modes = [_check, _print, _example];
        foreach (var mode in modes) Options.Add(mode);
        Options.Add(_format);
        Validators.Add(result =>
        {
            if (modes.Count(mode => result.GetResult(mode) is not null) <= 1) return;
            result.AddError("give only one of --check, --print and --example");
        });
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        if (parsed.GetValue(_example))
        {
            ExampleFile.Write(Console.Out);
            return ExitStatus.Ok;
        }
        var config = _settings.Load(parsed);
        var isJson = parsed.GetValue(_format) == Json;
        // In a server, the exporter logs them.
        if (!isJson) foreach (var warning in config.Warnings) Console.Error.WriteLine($"warning: {warning}");
        if (parsed.GetValue(_check))
        {
            if (!config.Validate()) throw new ConfigurationException(config.Errors);
        }
        else if (isJson) JsonOutput.Write(Console.OpenStandardOutput(), ConfigJson.Of(config));
        else config.PrintConfig(Console.Out);
        return config.Validate() ? ExitStatus.Ok : ExitStatus.Usage;
    }
}

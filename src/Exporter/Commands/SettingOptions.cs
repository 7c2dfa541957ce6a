namespace GunicornPrometheusExporter.Exporter.Commands;

/// <summary>The options of a command that are settings, and the resulting configuration.</summary>
internal sealed class SettingOptions(params ConfigurationVariable[] variables)
{
    private readonly Dictionary<string, Option<string?>> _options = variables.ToDictionary(variable => variable.Name, OptionOf);

    internal void AddTo(Command command)
    {
        foreach (var option in _options.Values) command.Options.Add(option);
    }

    internal ExporterConfig Load(ParseResult parsed) => ExporterConfig.Load(
        _options.Where(option => parsed.GetResult(option.Value) is not null)
            .ToDictionary(option => option.Key, option => parsed.GetValue(option.Value) ?? "true"));

    private static Option<string?> OptionOf(ConfigurationVariable variable)
    {
        var option = new Option<string?>(variable.Flag!)
        {
            Description = variable.Description.Split(';')[0],
            HelpName = variable.Kind is VariableKind.Path or VariableKind.Directory ? "PATH" : null,
            Arity = variable.Kind == VariableKind.Boolean ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne,
        };
        // An empty variable in a script must not disable the protection that a file configures.
        if (variable.Kind == VariableKind.Path)
        {
            option.Validators.Add(given =>
            {
                if (given.Tokens is [{ Value: "" }]) given.AddError($"{variable.Flag} is empty; name a file, or omit the option");
            });
        }
        return option;
    }
}

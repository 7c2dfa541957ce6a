namespace GunicornPrometheusExporter.Exporter.Commands;

/// <summary>The options of a command that are settings, and the resulting configuration.</summary>
internal class SettingOptions(params IEnumerable<ConfigurationVariable> variables)
{
    private readonly Dictionary<string, Option> _options = variables.ToDictionary(variable => variable.Name, OptionOf);

    internal virtual void AddTo(Command command)
    {
        foreach (var option in _options.Values) command.Options.Add(option);
    }

    internal ExporterConfig Load(ParseResult parsed) => ExporterConfig.Load(
        _options.Where(option => parsed.GetResult(option.Value) is { Implicit: false }).ToDictionary(
            option => option.Key,
            option => parsed.GetResult(option.Value)!.Tokens is { Count: > 0 } values
                ? string.Join(',', values.Select(value => value.Value))
                : "true"));

    private static Option OptionOf(ConfigurationVariable variable)
    {
        var isList = variable.Kind is VariableKind.Texts or VariableKind.Addresses;
        var description = variable.Description.Split(';')[0] + (isList ? "; repeatable" : "");
        // Help shows a bool as a flag; the configuration parses the value that may follow.
        Option option = variable.Kind == VariableKind.Boolean
            ? new Option<bool>(variable.Flag!)
            {
                Description = description,
                Arity = ArgumentArity.ZeroOrOne,
                CustomParser = _ => true,
            }
            : new Option<string[]>(variable.Flag!)
            {
                Description = description,
                HelpName = variable.Kind == VariableKind.Choice ? string.Join('|', variable.Choices) : HelpNameOf(variable),
                Arity = isList ? ArgumentArity.OneOrMore : ArgumentArity.ExactlyOne,
                CustomParser = given => [.. given.Tokens.Select(token => token.Value)],
            };
        option.Validators.Add(given =>
        {
            foreach (var text in given.Tokens.Select(token => token.Value))
            {
                // An empty variable in a script must not disable the protection that a file configures.
                if (text.Length == 0 && variable.Kind == VariableKind.Path)
                {
                    given.AddError($"{variable.Flag} is empty; name a file, or omit the option");
                }
                else if (text.Length > 0 && !VariableParser.TryParse(variable, text, out _, out var remedy))
                {
                    given.AddError($"{variable.Flag} is \"{VariableParser.Shown(variable, text)}\"; set it to {remedy}");
                }
            }
        });
        return option;
    }

    private static string HelpNameOf(ConfigurationVariable variable) => variable.Kind switch
    {
        VariableKind.Path or VariableKind.Directory or VariableKind.UrlPath => "PATH",
        VariableKind.Addresses or VariableKind.Address => "ADDRESS",
        VariableKind.Texts => variable == ConfigurationVariables.Listener ? "ADDRESS" : "METRIC",
        VariableKind.Number => "NUMBER",
        VariableKind.Url => "URL",
        _ => "TEXT",
    };
}

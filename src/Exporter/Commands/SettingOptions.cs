namespace GunicornPrometheusExporter.Exporter.Commands;

/// <summary>The options of a command that are settings, and the resulting configuration.</summary>
internal sealed class SettingOptions(params IEnumerable<ConfigurationVariable> variables)
{
    private readonly Dictionary<string, Option<string[]>> _options = variables.ToDictionary(variable => variable.Name, OptionOf);

    internal void AddTo(Command command)
    {
        foreach (var option in _options.Values) command.Options.Add(option);
    }

    internal ExporterConfig Load(ParseResult parsed) => ExporterConfig.Load(
        _options.Where(option => parsed.GetResult(option.Value) is not null).ToDictionary(
            option => option.Key,
            option => parsed.GetValue(option.Value) is { Length: > 0 } values ? string.Join(',', values) : "true"));

    private static Option<string[]> OptionOf(ConfigurationVariable variable)
    {
        var isList = variable.Kind is VariableKind.Texts or VariableKind.Addresses;
        var option = new Option<string[]>(variable.Flag!)
        {
            Description = variable.Description.Split(';')[0] + (isList ? "; repeatable" : ""),
            HelpName = HelpNameOf(variable.Kind),
            Arity = isList ? ArgumentArity.OneOrMore
                : variable.Kind == VariableKind.Boolean ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne,
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

    private static string HelpNameOf(VariableKind kind) => kind switch
    {
        VariableKind.Path or VariableKind.Directory or VariableKind.UrlPath => "PATH",
        VariableKind.Addresses or VariableKind.Texts or VariableKind.Address => "ADDRESS",
        VariableKind.Boolean => "true|false",
        VariableKind.Number => "NUMBER",
        VariableKind.Url => "URL",
        _ => "TEXT",
    };
}

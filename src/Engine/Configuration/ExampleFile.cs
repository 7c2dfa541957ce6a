namespace GunicornPrometheusExporter.Configuration;

/// <summary>The example file: every setting with its purpose, commented out.</summary>
internal static class ExampleFile
{
    public static void Write(TextWriter output)
    {
        output.Write(
            """
            # Settings of gunicorn-prometheus-exporter: each with its default, or with an example if it has no default.
            # A flag overrides the environment, and the environment overrides this file.
            exporter:

            """);
        foreach (var section in ConfigurationVariables.Sections)
        {
            output.Write($"  {section.Key}:\n");
            var inner = "";
            foreach (var variable in section)
            {
                var indent = new string(' ', 2 * variable.Path.Length);
                if (variable.Path is [_, var group, _] && group != inner) output.Write($"    {inner = group}:\n");
                output.Write($"{indent}# {variable.Description}.\n");
                output.Write($"{indent}# Set it to {VariableParser.RuleOf(variable)}. In the environment: {variable.Name}.\n");
                output.Write($"{indent}#{variable.Path[^1]}: {ValueOf(variable)}\n");
            }
        }
    }

    private static string ValueOf(ConfigurationVariable variable)
    {
        var text = (variable.Default ?? variable.Example)!;
        return variable.Kind switch
        {
            VariableKind.Number or VariableKind.Boolean => text,
            VariableKind.Labels or VariableKind.Headers or VariableKind.Attributes =>
                $"{{{string.Join(", ", NamedValues.Of(text).Select(pair => $"{pair.Key}: \"{pair.Value}\""))}}}",
            VariableKind.Routes => $"[\"{text}\"]",
            VariableKind.Bounds => $"[{text.Replace(",", ", ", StringComparison.Ordinal)}]",
            _ => $"\"{text}\"",
        };
    }
}

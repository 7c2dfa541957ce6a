namespace GunicornPrometheusExporter.Configuration;

/// <summary>The example file: every setting with its purpose, commented out.</summary>
internal static class ExampleFile
{
    public static void Write(TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(output);
        output.Write(
            """
            # Settings of gunicorn-prometheus-exporter: each with its default, or with an example if it has no default.
            # A flag overrides the environment, and the environment overrides this file.
            exporter:

            """);
        foreach (var section in ConfigurationVariables.Sections)
        {
            output.Write($"  {section.Key}:\n");
            foreach (var variable in section)
            {
                output.Write($"    # {variable.Description}.\n");
                output.Write($"    # Set it to {VariableParser.RuleOf(variable)}. In the environment: {variable.Name}.\n");
                output.Write($"    #{variable.Key!.Split('.')[1]}: {ValueOf(variable)}\n");
            }
        }
    }

    private static string ValueOf(ConfigurationVariable variable)
    {
        var text = (variable.Default ?? variable.Example)!;
        return variable.Kind switch
        {
            VariableKind.Number or VariableKind.Boolean => text,
            VariableKind.Labels or VariableKind.Headers =>
                $"{{{string.Join(", ", NamedValues.Of(text).Select(pair => $"{pair.Key}: \"{pair.Value}\""))}}}",
            _ => $"\"{text}\"",
        };
    }
}

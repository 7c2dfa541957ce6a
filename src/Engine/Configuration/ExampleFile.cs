namespace GunicornPrometheusExporter.Configuration;

/// <summary>A file with every setting, commented out, and what each is for.</summary>
internal static class ExampleFile
{
    /// <summary>Writes it.</summary>
    public static void Write(TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(output);
        output.Write(
            """
            # Settings of gunicorn-prometheus-exporter: each with its default, or with an example where it has none.
            # Flags win over the environment, the environment over this file.
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

namespace GunicornPrometheusExporter.Exporter.Commands;

/// <summary>Translates the commands of the container image of the Python package with the same name.</summary>
internal static class NamesakeCommand
{
    private static readonly Dictionary<string, ConfigurationVariable> Flags = new()
    {
        ["--port"] = ConfigurationVariables.PrometheusMetricsPort,
        ["--bind"] = ConfigurationVariables.PrometheusBindAddress,
        ["--multiproc-dir"] = ConfigurationVariables.PrometheusMultiprocDir,
        ["--update-interval"] = ConfigurationVariables.RedisForwardInterval,
    };

    /// <summary>Returns the arguments under the current names, and prints those to standard error if the given ones are old.</summary>
    /// <remarks>Each old flag has a setting of the environment, which is then set for this process.</remarks>
    internal static string[] Translate(string[] args)
    {
        if (args is not [("sidecar" or "standalone" or "health") and var name, .. var rest]) return args;
        var words = new Queue<string>(rest.SelectMany(word => Flags.ContainsKey(word.Split('=')[0]) ? word.Split('=', 2) : [word]));
        var (variables, others) = (new List<string>(), new List<string>());
        while (words.TryDequeue(out var word))
        {
            if (Flags.TryGetValue(word, out var variable) && words.TryDequeue(out var value))
            {
                Environment.SetEnvironmentVariable(variable.Name, value);
                variables.Add($"{variable.Name}={value} ");
            }
            else others.Add(word);
        }
        string[] translated = [.. name == "health" ? ["check", "--alive"] : new[] { IsFleetWide() ? "hub" : "serve" }, .. others];
        Console.Error.WriteLine(
            $"warning: \"{name}\" is the old name of a command; use: {string.Concat(variables)}" +
            $"gunicorn-prometheus-exporter {string.Join(' ', translated)}");
        return translated;
    }

    /// <summary>Whether the old command served all hosts from Redis. The new command reports invalid settings itself.</summary>
    private static bool IsFleetWide() => ExporterConfig.Load() is { Errors.IsEmpty: true, RedisEnabled: true };
}

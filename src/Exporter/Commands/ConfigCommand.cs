using System.CommandLine;
using GunicornPrometheusExporter.Configuration;

namespace GunicornPrometheusExporter.Exporter.Commands;

/// <summary><c>config</c>: checks the configuration and prints it.</summary>
internal sealed class ConfigCommand : Command
{
    private const string Text = "text";
    private const string Json = "json";

    private readonly Option<string> _format = new("--format")
    {
        Description = "How to print it",
        DefaultValueFactory = _ => Text,
    };

    internal ConfigCommand() : base("config", "Check the configuration that the environment states, and print it")
    {
        _format.AcceptOnlyFromAmong(Text, Json);
        Options.Add(_format);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        var config = new ExporterConfig();
        if (parsed.GetValue(_format) == Json) ConfigJson.Write(Console.OpenStandardOutput(), config);
        else config.PrintConfig(Console.Out);
        return config.Validate() ? ExitStatus.Ok : ExitStatus.Usage;
    }
}

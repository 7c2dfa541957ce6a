namespace GunicornPrometheusExporter.Exporter.Commands;

/// <summary><c>completion</c>: prints the script for completion in a shell.</summary>
internal sealed class CompletionCommand : Command
{
    private readonly Argument<string> _shell = new("SHELL") { Description = "bash, zsh or fish", HelpName = "SHELL" };

    internal CompletionCommand() : base("completion", "Print a shell completion script")
    {
        _shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        Arguments.Add(_shell);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        using var script = typeof(CompletionCommand).Assembly.GetManifestResourceStream($"completion.{parsed.GetRequiredValue(_shell)}")!;
        using var output = Console.OpenStandardOutput();
        script.CopyTo(output);
        return ExitStatus.Ok;
    }
}

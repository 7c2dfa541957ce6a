namespace GunicornPrometheusExporter.Exporter.Commands;

/// <summary><c>ensure</c>: creates a directory for a store, or reports in JSON why it cannot be one.</summary>
internal sealed class EnsureCommand : Command
{
    private readonly Option<string> _directory = new("--dir") { Description = "The directory", Required = true };

    internal EnsureCommand() : base("ensure", "Create a store directory, or check an existing one")
    {
        Options.Add(_directory);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        string[] errors = [];
        try
        {
            var directory = parsed.GetRequiredValue(_directory);
            MultiprocessDirectory.BecomeOwner(directory);
            MultiprocessDirectory.Ensure(directory);
        }
        catch (Exception e) when (e is StoreException or ArgumentException)
        {
            errors = [e.Message];
        }
        using var output = Console.OpenStandardOutput();
        JsonOutput.Write(output, JsonOutput.Outcome(errors));
        return errors.Length == 0 ? ExitStatus.Ok : ExitStatus.Usage;
    }
}

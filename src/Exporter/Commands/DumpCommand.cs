using System.Buffers;
using System.CommandLine;
using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Directories;

namespace GunicornPrometheusExporter.Exporter.Commands;

/// <summary><c>dump</c>: prints the exposition of a directory.</summary>
internal sealed class DumpCommand : Command
{
    private readonly Option<string> _directory = new("--dir")
    {
        Description = "Directory of the store",
        Required = true,
    };

    internal DumpCommand() : base("dump", "Print the metrics of a store in the text format")
    {
        Options.Add(_directory);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        var directory = parsed.GetRequiredValue(_directory);
        MultiprocessDirectory.BecomeOwner(directory);
        if (!Directory.Exists(directory)) throw new ConfigurationException($"--dir: {directory} is not a directory; " +
            "name a store's directory");
        using var loggers = Logs.CreateFactory();
        using var aggregator = new StoreAggregator(Path.GetFullPath(directory), loggers.CreateLogger("dump"));
        var exposition = new ArrayBufferWriter<byte>();
        aggregator.Scrape(exposition);
        using var output = Console.OpenStandardOutput();
        output.Write(exposition.WrittenSpan);
        return ExitStatus.Ok;
    }
}

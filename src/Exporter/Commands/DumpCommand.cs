using System.Buffers;
using System.CommandLine;
using GunicornPrometheusExporter.Aggregation;

namespace GunicornPrometheusExporter.Exporter.Commands;

/// <summary><c>dump</c>: prints the exposition of a directory.</summary>
internal sealed class DumpCommand : Command
{
    private readonly Option<DirectoryInfo> _directory = new("--dir")
    {
        Description = "Directory of the store",
        Required = true,
    };

    internal DumpCommand() : base("dump", "Print the metrics of a store, as text")
    {
        _directory.AcceptExistingOnly();
        Options.Add(_directory);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        using var loggers = Logs.CreateFactory();
        using var aggregator = new StoreAggregator(parsed.GetValue(_directory)!.FullName, loggers.CreateLogger("dump"));
        var exposition = new ArrayBufferWriter<byte>();
        aggregator.Scrape(exposition);
        using var output = Console.OpenStandardOutput();
        output.Write(exposition.WrittenSpan);
        return ExitStatus.Ok;
    }
}

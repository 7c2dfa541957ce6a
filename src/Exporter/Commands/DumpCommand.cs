using System.Buffers;
using GunicornPrometheusExporter.Aggregation;

namespace GunicornPrometheusExporter.Exporter.Commands;

/// <summary><c>dump</c>: prints the exposition of a directory.</summary>
internal sealed class DumpCommand : Command
{
    private readonly Option<string?> _directory = new("--dir")
    {
        Description = "Short for --multiproc-dir",
        HelpName = "PATH",
    };

    private readonly StoreOptions _store = new();

    internal DumpCommand() : base("dump", "Print the metrics of a store in the text format")
    {
        Options.Add(_directory);
        _store.AddTo(this);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        var config = _store.Load(parsed);
        var directory = StoreOptions.Enter(parsed.GetValue(_directory) ?? config.PrometheusMultiprocDir);
        using var loggers = Logs.CreateFactory(config);
        using var aggregator = new StoreAggregator(directory, loggers.CreateLogger("dump"));
        var exposition = new ArrayBufferWriter<byte>();
        aggregator.Scrape(exposition);
        using var output = Console.OpenStandardOutput();
        output.Write(exposition.WrittenSpan);
        return ExitStatus.Ok;
    }
}

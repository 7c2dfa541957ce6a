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

    private readonly SettingOptions _settings = new(ConfigurationVariables.ConfigFile, ConfigurationVariables.PrometheusMultiprocDir);

    internal DumpCommand() : base("dump", "Print the metrics of a store in the text format")
    {
        Options.Add(_directory);
        _settings.AddTo(this);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        var config = _settings.Load(parsed);
        var directory = parsed.GetValue(_directory) ?? config.PrometheusMultiprocDir;
        MultiprocessDirectory.BecomeOwner(directory);
        if (!Directory.Exists(directory) || !Directory.EnumerateFiles(directory).Any(IsOfStore))
        {
            throw new ConfigurationException(
                $"{directory} is not a store; name the directory that Gunicorn has as PROMETHEUS_MULTIPROC_DIR by --multiproc-dir");
        }
        using var loggers = Logs.CreateFactory(config);
        using var aggregator = new StoreAggregator(Path.GetFullPath(directory), loggers.CreateLogger("dump"));
        var exposition = new ArrayBufferWriter<byte>();
        aggregator.Scrape(exposition);
        using var output = Console.OpenStandardOutput();
        output.Write(exposition.WrittenSpan);
        return ExitStatus.Ok;
    }

    private static bool IsOfStore(string path) =>
        Path.GetFileName(path) == SlotName.LockFile || StoreFileName.TryParse(Path.GetFileName(path), out _);
}

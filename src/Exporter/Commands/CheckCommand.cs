using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Exporter.Checks;
using GunicornPrometheusExporter.Exporter.Readings;
using Microsoft.Extensions.Logging.Abstractions;

namespace GunicornPrometheusExporter.Exporter.Commands;

/// <summary><c>check</c>: reports problems of an exporter or a store, by default of both that are configured.</summary>
internal sealed class CheckCommand : Command
{
    private readonly Argument<string?> _target = Target.OrDirectory(
        "Exporter (HOST:PORT, unix:PATH or URL) or store directory to check; defaults to the configured exporter and store");

    private readonly Option<bool> _alive = new("--alive")
    {
        Description = "Only check that the exporter is healthy, as a container's health check does",
    };

    private readonly ReaderOptions _reader = new();

    private readonly Option<string?> _prometheus = new("--prometheus.url")
    {
        Description = "Prometheus that scrapes the exporter, to check that it keeps the labels of the metrics",
        HelpName = "URL",
    };

    internal CheckCommand() : base("check", "Check an exporter or a store for problems")
    {
        Arguments.Add(_target);
        Options.Add(_alive);
        _prometheus.Validators.Add(result =>
        {
            if (Target.Parse(result.Tokens[0].Value) is not null) return;
            result.AddError("--prometheus.url is not a URL, such as http://prometheus:9090");
        });
        _reader.AddTo(this);
        Options.Add(_prometheus);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken end)
    {
        var findings = await ReportAsync(parsed.GetValue(_target) switch
        {
            _ when parsed.GetValue(_alive) => CheckHealthAsync(parsed, end),
            null => CheckBothAsync(parsed, end),
            var target when Target.IsDirectory(target) => Task.FromResult(CheckStore(target)),
            var target => CheckExporterAsync(parsed, Target.Parse(target)!, end),
        });
        if (parsed.GetValue(_prometheus) is { } url)
        {
            findings = [.. findings, .. await ReportAsync(CheckPrometheusAsync(Target.Parse(url)!, end))];
        }
        foreach (var finding in findings.OrderByDescending(finding => finding.Severity)) Console.Out.WriteLine(finding);
        if (findings.Count == 0) Console.Out.WriteLine("no problems found");
        return findings.Count == 0 ? ExitStatus.Ok : ExitStatus.Failure;
    }

    /// <summary>The findings of a check, or that what it checks does not answer.</summary>
    private static async Task<IReadOnlyList<Finding>> ReportAsync(Task<IReadOnlyList<Finding>> check)
    {
        try
        {
            return await check;
        }
        catch (ReadingException e)
        {
            return [Finding.Error(e.Message)];
        }
    }

    private async Task<IReadOnlyList<Finding>> CheckHealthAsync(ParseResult parsed, CancellationToken end)
    {
        var target = parsed.GetValue(_target) is { } text ? Target.Parse(text) : null;
        using var client = _reader.Open(parsed, target);
        await client.ReadHealthAsync(end);
        return [];
    }

    private async Task<IReadOnlyList<Finding>> CheckBothAsync(ParseResult parsed, CancellationToken end)
    {
        var directory = _reader.Load(parsed).PrometheusMultiprocDir;
        try
        {
            var exporter = await ReadAsync(parsed, null, end);
            return
            [
                .. CheckList.Run(exporter), .. Look(directory, store => CheckList.Run(store).Concat(SameStoreCheck.Find(exporter, store))),
            ];
        }
        catch (ReadingException e)
        {
            return [Finding.Error(e.Message), .. CheckStore(directory)];
        }
    }

    private async Task<IReadOnlyList<Finding>> CheckExporterAsync(ParseResult parsed, Target target, CancellationToken end) =>
        [.. CheckList.Run(await ReadAsync(parsed, target, end))];

    private static async Task<IReadOnlyList<Finding>> CheckPrometheusAsync(Target target, CancellationToken end)
    {
        using var client = new ExporterClient(target);
        try
        {
            return [.. LabelCheck.Find(target.Address, await client.GetAsync(new Uri(target.Address, LabelCheck.Path), end))];
        }
        catch (FormatException e)
        {
            return [Finding.Error($"{target.Address}: {e.Message}; give the URL of a Prometheus")];
        }
    }

    private async Task<ExporterView> ReadAsync(ParseResult parsed, Target? target, CancellationToken end)
    {
        using var client = _reader.Open(parsed, target);
        var samples = await client.ReadSamplesAsync(end);
        return new(client.Target.Name, samples, TimeProvider.System.GetUtcNow())
        {
            Forwarders = await client.ReadForwardersAsync(end),
        };
    }

    /// <summary>Reads a store as an exporter would, and inspects its files.</summary>
    private static IReadOnlyList<Finding> CheckStore(string directory) => Look(directory, store =>
    {
        using var aggregator = new StoreAggregator(store.Directory, NullLogger.Instance);
        aggregator.Refresh();
        var exporter = new ExporterView(store.Directory, [.. Samples.AllOf(aggregator.Snapshot())], store.Time);
        return [.. CheckList.Run(store), .. CheckList.Run(exporter)];
    });

    private static IReadOnlyList<Finding> Look(string directory, Func<StoreView, IEnumerable<Finding>> check)
    {
        // Only root can list other users' processes, so this comes before the switch to the store's user.
        var elsewhere = WorkerProcess.FindAll();
        var servers = UnmeasuredServer.FindAll();
        try
        {
            MultiprocessDirectory.BecomeOwner(directory);
            var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
            using var store = new StoreView(path, TimeProvider.System.GetUtcNow(), elsewhere, servers);
            return [.. check(store)];
        }
        catch (DirectoryNotFoundException)
        {
            return
            [
                Finding.Error($"{directory}: no such directory; start Gunicorn, or name its store's directory"),
                .. HooksCheck.Find(servers),
            ];
        }
        catch (Exception e) when (e is StoreException or IOException or UnauthorizedAccessException)
        {
            return [Finding.Error($"{directory}: cannot be read ({e.Message}); run this command as the workers' user")];
        }
    }
}

using System.CommandLine.Parsing;
using GunicornPrometheusExporter.Exporter.Readings;
using GunicornPrometheusExporter.Exporter.Top;

namespace GunicornPrometheusExporter.Exporter.Commands;

/// <summary><c>top</c>: shows the workers, live on a terminal or once.</summary>
internal sealed class TopCommand : Command
{
    private const double ShortestInterval = .1;
    private const double LongestInterval = 3600;

    private readonly Argument<Target?> _target = new("TARGET")
    {
        Description = "Exporter to show, HOST:PORT, unix:PATH or URL; defaults to the configured one",
        Arity = ArgumentArity.ZeroOrOne,
        CustomParser = Target.Parse,
    };

    private readonly ReaderOptions _reader = new();

    private readonly Option<double> _interval = new("--interval")
    {
        Description = "Seconds between updates",
        HelpName = "SECONDS",
        DefaultValueFactory = _ => 2,
        CustomParser = ParseInterval,
    };

    private readonly Option<string> _sort = new("--sort")
    {
        Description = "Column to sort by",
        HelpName = "COLUMN",
        DefaultValueFactory = _ => NameOf(WorkerColumns.All[0]),
    };

    private readonly Option<bool> _once = new("--once") { Description = "Print once and exit; the default without a terminal" };

    internal TopCommand() : base("top", "Show live activity of workers and routes")
    {
        _sort.AcceptOnlyFromAmong([.. WorkerColumns.All.Select(NameOf)]);
        Arguments.Add(_target);
        Options.Add(_interval);
        Options.Add(_sort);
        Options.Add(_once);
        _reader.AddTo(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken end)
    {
        var interval = TimeSpan.FromSeconds(parsed.GetValue(_interval));
        var sorted = WorkerColumns.All.Single(column => NameOf(column) == parsed.GetValue(_sort));
        using var client = _reader.Open(parsed, parsed.GetValue(_target));
        var watch = new TopWatch(client, TimeProvider.System);
        if (parsed.GetValue(_once) || !Terminal.IsThere)
        {
            // Rates need two reads.
            _ = await watch.LookAsync(end);
            await Task.Delay(interval, end);
            var status = await watch.LookAsync(end);
            var workers = new TopTable<WorkerStatus>(WorkerColumns.All, sorted).Lines(status.Workers, int.MaxValue);
            var routes = new TopTable<RouteStatus>(RouteColumns.All, RouteColumns.All[0]).Lines(status.Routes, int.MaxValue);
            var head = TopView.HeaderOf(status, client.Target, null, int.MaxValue);
            foreach (var line in head.Append("").Concat(workers).Concat(status.Routes.Length == 0 ? [] : routes.Prepend("")))
            {
                Console.Out.WriteLine(line.TrimEnd());
            }
            return ExitStatus.Ok;
        }
        await new TopScreen(watch, client.Target, new TopContent(sorted), interval, TimeProvider.System).RunAsync(end);
        return ExitStatus.Ok;
    }

    private static double ParseInterval(ArgumentResult argument)
    {
        var text = argument.Tokens[0].Value;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
            && seconds is >= ShortestInterval and <= LongestInterval)
        {
            return seconds;
        }
        argument.AddError($"--interval is \"{text}\"; set it to seconds from {ShortestInterval} to {LongestInterval}");
        return 0;
    }

    private static string NameOf(TopColumn<WorkerStatus> column) => column.Title.ToLowerInvariant();
}

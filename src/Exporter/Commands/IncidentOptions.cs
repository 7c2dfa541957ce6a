using System.CommandLine.Parsing;
using GunicornPrometheusExporter.Exporter.Readings;
using GunicornPrometheusExporter.Incidents;

namespace GunicornPrometheusExporter.Exporter.Commands;

/// <summary>The argument and options of a command that lists incidents.</summary>
internal sealed class IncidentOptions
{
    private const int DefaultLimit = 100;
    private const string Json = "json";
    private const string Text = "text";

    private readonly Argument<string?> _target = Target.OrDirectory(
        "Exporter or hub (HOST:PORT, unix:PATH or URL) or store directory to read; the configured store by default");

    private readonly Option<string?> _worker = new("--worker")
    {
        Description = "Only of this worker, such as worker_3",
        HelpName = "WORKER",
    };

    private readonly Option<string?> _route = new("--route")
    {
        Description = "Only of this route, such as /users/{id} or /users/*",
        HelpName = "ROUTE",
    };

    private readonly Option<double?> _since = new("--since")
    {
        Description = "Only of the last minutes, hours or days, such as 15m or 1h",
        HelpName = "DURATION",
        CustomParser = ParseDuration,
    };

    private readonly Option<int> _limit = new("--limit")
    {
        Description = "Number of incidents at most, the newest ones",
        HelpName = "NUMBER",
        DefaultValueFactory = _ => DefaultLimit,
    };

    private readonly Option<string> _format = new("--format") { Description = "Format of the output", DefaultValueFactory = _ => Text };

    private readonly ReaderOptions _reader = new(ConfigurationVariables.PrometheusMultiprocDir);

    internal void AddTo(Command command)
    {
        _format.AcceptOnlyFromAmong(Text, Json);
        _limit.Validators.Add(result =>
        {
            if (result.Tokens is not [var limit]) return;
            if (int.TryParse(limit.Value, CultureInfo.InvariantCulture, out var number) && number > 0) return;
            result.AddError($"--limit is \"{limit.Value}\"; set it to a number from 1");
        });
        command.Arguments.Add(_target);
        foreach (var option in (ReadOnlySpan<Option>)[_worker, _route, _since, _limit, _format]) command.Options.Add(option);
        _reader.AddTo(command);
    }

    /// <summary>Prints the chosen incidents, the oldest first.</summary>
    internal async Task<int> PrintAsync(
        ParseResult parsed, IEnumerable<string> kinds, Func<IEnumerable<Incident>, IEnumerable<string>> write, CancellationToken end)
    {
        var since = parsed.GetValue(_since) is { } seconds ? TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() / 1e3 - seconds : 0;
        var filter = new IncidentFilter([.. kinds], parsed.GetValue(_worker), parsed.GetValue(_route), since, parsed.GetValue(_limit));
        var incidents = filter.Apply(await ReadAsync(parsed, end)).ToArray();
        if (parsed.GetValue(_format) == Json)
        {
            using var output = Console.OpenStandardOutput();
            foreach (var incident in incidents) output.Write(IncidentLine.Write(incident));
            return ExitStatus.Ok;
        }
        foreach (var line in incidents.Length == 0 ? ["no incidents"] : write(incidents)) Console.Out.WriteLine(line);
        return ExitStatus.Ok;
    }

    private async Task<IEnumerable<Incident>> ReadAsync(ParseResult parsed, CancellationToken end)
    {
        var target = parsed.GetValue(_target);
        if (target is not null && !Target.IsDirectory(target))
        {
            using var client = _reader.Open(parsed, Target.Parse(target));
            return await client.ReadIncidentsAsync(end)
                ?? throw new ReadingException($"{client.Target.Name} serves no incidents; update it, or name an exporter or a hub");
        }
        var directory = target ?? _reader.Load(parsed).PrometheusMultiprocDir;
        MultiprocessDirectory.BecomeOwner(directory);
        return Directory.Exists(directory)
            ? new IncidentLog(directory).Read()
            : throw new ConfigurationException(
                $"{directory} is not a store; name the directory that Gunicorn has as PROMETHEUS_MULTIPROC_DIR by --multiproc-dir");
    }

    private static double? ParseDuration(ArgumentResult argument)
    {
        var text = argument.Tokens[0].Value;
        if (Durations.Parse(text) is { } seconds) return seconds;
        argument.AddError($"--since is \"{text}\"; set it to a duration such as 90s, 15m, 1h or 7d");
        return null;
    }
}

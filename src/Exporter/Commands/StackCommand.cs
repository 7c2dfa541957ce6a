using GunicornPrometheusExporter.Exporter.Profiles;

namespace GunicornPrometheusExporter.Exporter.Commands;

/// <summary><c>stack</c>: prints the Python stacks of the workers' threads.</summary>
internal sealed class StackCommand : Command
{
    private const string Json = "json";

    private readonly Argument<string?> _worker = new("WORKER")
    {
        Description = "Worker to show, as in the label worker_id: worker_3; defaults to every worker",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string> _format = new("--format") { Description = "Format of the output", DefaultValueFactory = _ => "text" };

    private readonly StoreOptions _store = new();

    internal StackCommand() : base("stack", "Print the Python stack of every thread of the workers")
    {
        _format.AcceptOnlyFromAmong("text", Json);
        Arguments.Add(_worker);
        Options.Add(_format);
        _store.AddTo(this);
        SetAction((parsed, end) => Task.FromResult(Run(parsed, end)));
    }

    private int Run(ParseResult parsed, CancellationToken end)
    {
        var config = _store.Load(parsed);
        var directory = StoreOptions.Enter(config.PrometheusMultiprocDir);
        var worker = parsed.GetValue(_worker);
        var workers = WorkerThreads.Take(directory, config, worker, end);
        if (workers.Count == 0) throw new StoreException($"{directory}: {worker ?? "a worker"} is not running; start Gunicorn");
        Console.Out.Write(parsed.GetValue(_format) == Json ? ThreadsJson.Write(workers) : ThreadsText.Write(workers));
        return workers.All(shown => shown.Reason is null) ? ExitStatus.Ok : ExitStatus.Failure;
    }
}

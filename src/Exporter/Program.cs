using GunicornPrometheusExporter.Exporter;
using GunicornPrometheusExporter.Exporter.Commands;
using GunicornPrometheusExporter.Native;

Libc.ShareArena();
Starvation.EndProcess();

var root = new RootCommand("Export the metrics of a Gunicorn server to Prometheus.")
{
    new ServeCommand(),
    new HubCommand(),
    new PrepareCommand(),
    new EnsureCommand(),
    new ConfigCommand(),
    new DumpCommand(),
    new TopCommand(),
    new StackCommand(),
    new IncidentsCommand(),
    new DeathsCommand(),
    new ProfileCommand(),
    new CheckCommand(),
    new CompletionCommand(),
};
return await CommandLine.RunAsync(root, NamesakeCommand.Translate(args));

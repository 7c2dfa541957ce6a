using System.CommandLine;
using GunicornPrometheusExporter.Exporter.Commands;

var root = new RootCommand("Exports the metrics of a Gunicorn server to Prometheus.")
{
    new PrepareCommand(),
    new ConfigCommand(),
};
return await CommandLine.RunAsync(root, args);

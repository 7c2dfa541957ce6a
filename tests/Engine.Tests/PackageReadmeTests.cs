using System.Runtime.CompilerServices;
using GunicornPrometheusExporter.Engine.Tests.Workers;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Recording;
using GunicornPrometheusExporter.Workers;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests;

public sealed class PackageReadmeTests
{
    [Fact]
    public void The_program_of_the_packages_page_writes_what_a_worker_has_recorded()
    {
        using var store = new TemporaryDirectory();
        using var worker = new PrometheusWorker(
            SlotStore.Open(store.Path, SlotKind.Worker, EntryLayout.Timestamped), TimeProvider.System);
        worker.HandleRequest("GET"u8, "/orders/17"u8, () => 200);
        using var program = new PackageProgram(Shown());

        var (status, output) = program.Run(store.Path);

        Assert.Equal(0, status);
        Assert.Contains("gunicorn_worker_requests_total{worker_id=\"worker_1\"} 1.0\n", output, StringComparison.Ordinal);
    }

    private static string Shown([CallerFilePath] string path = "")
    {
        var readme = File.ReadAllText(Path.Combine(Path.GetDirectoryName(path)!, "../../src/Engine/README.md"));
        return Assert.Single(readme.Split("```csharp\n").Skip(1)).Split("```")[0];
    }
}

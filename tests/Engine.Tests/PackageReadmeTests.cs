using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Store;
using GunicornPrometheusExporter.Workers;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests;

public sealed class PackageReadmeTests
{
    private const string Directory = "\"/run/app/metrics\"";

    [Fact]
    public void What_the_package_says_of_recording_and_serving_runs()
    {
        using var home = new TemporaryDirectory();
        var store = SlotStore.Open(home.Path, SlotKind.Worker, EntryLayout.Timestamped);
        using var worker = new PrometheusWorker(store, TimeProvider.System);
        worker.HandleRequest("GET"u8, "/orders/17"u8, () => 200);

        using var aggregator = new StoreAggregator(home.Path, NullLogger.Instance);
        var text = new ArrayBufferWriter<byte>();
        aggregator.Scrape(text, ExpositionFormat.Text);

        Assert.Contains("gunicorn_worker_requests_total{worker_id=\"worker_1\"} 1.0\n", Encoding.UTF8.GetString(text.WrittenSpan));
    }

    [Fact]
    public void The_package_shows_the_very_lines_that_are_tested()
    {
        var tested = File.ReadAllLines(Here()).Select(line => line.Trim().Replace("home.Path", Directory, StringComparison.Ordinal));
        var readme = File.ReadAllText(Path.Combine(Path.GetDirectoryName(Here())!, "../../src/Engine/README.md"));
        var shown = readme.Split("```csharp\n").Skip(1).SelectMany(block => block.Split("```")[0].TrimEnd().Split('\n')).ToList();
        Assert.Equal(6, shown.Count);
        Assert.Empty(shown.Except(tested));
    }

    private static string Here([CallerFilePath] string path = "") => path;
}

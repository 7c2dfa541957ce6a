using System.Globalization;
using System.Text;
using GunicornPrometheusExporter.Files;
using Xunit;

namespace GunicornPrometheusExporter.Published.Tests;

public sealed class CutFilesTests : IDisposable
{
    private const int KilledByBusError = 128 + 7;
    private const int Scrapes = 1000;
    private const int Entries = 3000;

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Files_that_are_cut_short_while_they_are_read_end_nothing_and_give_no_wrong_number()
    {
        Write("counter_1.db", "whole", 1);
        Write("counter_2.db", "cut", Entries);
        using var exporter = RunningExporter.Serving(_directory.Path);
        using var end = new CancellationTokenSource();
        var cutter = Task.Run(() => CutAndRestore(_directory["counter_2.db"], end.Token), Cancel);

        var seen = 0;
        for (var scrape = 0; scrape < Scrapes; scrape++)
        {
            var lines = (await exporter.ScrapeAsync()).Split('\n');
            Assert.Contains("whole_total{n=\"0\"} 1.0", lines);
            string[] cut = [.. lines.Where(line => line.StartsWith("cut_total{", StringComparison.Ordinal))];
            Assert.True(cut.Length is 0 or Entries, $"{cut.Length} of {Entries} samples");
            Assert.All(cut.Index(), sample => Assert.EndsWith(" 1.0", sample.Item, StringComparison.Ordinal));
            seen += cut.Length;
        }

        await end.CancelAsync();
        await cutter;
        Assert.True(seen > 0, "the file was never whole");
        Assert.Equal(0, (await exporter.TerminateAsync()).Status);
    }

    [Fact]
    public async Task A_bus_error_that_a_process_sends_kills_the_exporter()
    {
        Write("counter_1.db", "whole", 1);
        using var exporter = RunningExporter.Serving(_directory.Path);
        await exporter.ScrapeAsync();

        Assert.Equal(KilledByBusError, (await exporter.SignalAsync("BUS")).Status);
    }

    private static void CutAndRestore(string path, CancellationToken end)
    {
        var bytes = File.ReadAllBytes(path);
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        while (!end.IsCancellationRequested)
        {
            RandomAccess.SetLength(file, 0);
            RandomAccess.Write(file, bytes, 0);
            Thread.SpinWait(50_000);
        }
    }

    private void Write(string name, string family, int entries)
    {
        using var writer = StoreFileWriter.Open(_directory[name], EntryLayout.ValueOnly);
        for (var i = 0; i < entries; i++)
        {
            var key = string.Create(CultureInfo.InvariantCulture, $$"""["{{family}}", "{{family}}_total", {"n": "{{i}}"}, "Help"]""");
            writer.GetOrAdd(Encoding.UTF8.GetBytes(key)).Set(1);
        }
    }
}

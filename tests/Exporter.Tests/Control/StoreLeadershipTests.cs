using System.Diagnostics;
using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Exporter.Control;
using GunicornPrometheusExporter.Exporter.Http;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Forwarding;
using GunicornPrometheusExporter.Slots;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.Control;

public sealed class StoreLeadershipTests : IDisposable
{
    /// <summary>Says whether another process may lock a byte of a file.</summary>
    private const string Probe = """
        import fcntl, os, sys
        try:
            fcntl.lockf(os.open(sys.argv[1], os.O_RDWR), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, int(sys.argv[2]))
            print("free")
        except OSError:
            print("held")
        """;

    private readonly string _directory = Directory.CreateTempSubdirectory("gpe-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Waiting_for_the_turn_lets_go_of_no_other_lock_of_the_process()
    {
        using var first = SlotTable.Open(_directory);
        Assert.True(first.TryTakeLeadership());
        Assert.True(first.TryTake(SlotKind.Exporter, 1));
        await using var manager = new ForwarderManager(_ => throw new InvalidOperationException(), NullLogger.Instance);
        using var forwarders = new ConfiguredForwarders(manager, new ExporterConfig());
        using var second = new StoreLeadership(_directory, forwarders, new SharedScrape(_ => { }), new("control", NullLogger.Instance), NullLoggerFactory.Instance);

        using var end = new CancellationTokenSource();
        var waiting = second.RunAsync(end.Token);
        await end.CancelAsync();
        await waiting;

        Assert.Equal("held", await ProbeAsync(SlotTable.LifeByteOf(SlotKind.Exporter, 1)));
    }

    private async Task<string> ProbeAsync(long offset)
    {
        var start = new ProcessStartInfo("/usr/bin/python3", ["-c", Probe, Path.Combine(_directory, SlotName.LockFile), $"{offset}"])
        {
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var answer = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return answer.Trim();
    }
}

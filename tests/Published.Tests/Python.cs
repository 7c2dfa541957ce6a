using Xunit;

namespace GunicornPrometheusExporter.Published.Tests;

/// <summary>Debian's Python with a stock <c>prometheus_client</c>.</summary>
internal static class Python
{
    internal const string Path = "/usr/bin/python3";

    /// <summary>Counts in an application's own counter, in a process that then ends.</summary>
    internal static async Task WriteCounterAsync(string directory, string name, int amount)
    {
        var outcome = await Executable.RunAsync(
            Path,
            ["-c", "import sys, prometheus_client as p; p.Counter(sys.argv[1], 'Counted').inc(int(sys.argv[2]))", name, $"{amount}"],
            ("PROMETHEUS_MULTIPROC_DIR", directory));
        Assert.Equal("", outcome.Errors);
    }

    /// <summary>Counts 1 in as many series of an application's own counter.</summary>
    internal static async Task WriteCountersAsync(string directory, string name, int series)
    {
        const string Script =
            """
            import sys, prometheus_client as p
            counter = p.Counter(sys.argv[1], 'Counted', ['n'])
            for n in range(int(sys.argv[2])):
                counter.labels(n).inc()
            """;
        var outcome = await Executable.RunAsync(
            Path, ["-c", Script, name, $"{series}"], ("PROMETHEUS_MULTIPROC_DIR", directory));
        Assert.Equal("", outcome.Errors);
    }
}

using System.Diagnostics;
using System.Globalization;
using GunicornPrometheusExporter.EndToEnd.Tests.Support;
using Xunit;

namespace GunicornPrometheusExporter.EndToEnd.Tests;

public sealed class UtilisationTests
{
    private const int Workers = 4;
    private const int Rounds = 4;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1.5);

    /// <summary>The formula of docs/saturation.md, between two scrapes.</summary>
    [Theory]
    [InlineData(0.25)]
    [InlineData(0.5)]
    [InlineData(0.95)]
    public async Task The_documented_formula_gives_the_utilisation_that_was_offered(double offered)
    {
        await using var server = await new GunicornServer(["-w", $"{Workers}"]).ReadyAsync(Workers);
        var sleep = offered * Period.TotalSeconds;
        var path = $"/sleep/{sleep.ToString(CultureInfo.InvariantCulture)}";

        var first = await server.ScrapeAsync();
        var watch = Stopwatch.StartNew();
        var answered = await Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => LoadAsync(server, path)));
        var last = await server.ScrapeAsync();
        var elapsed = watch.Elapsed.TotalSeconds;

        var rate = (last.Sum("gunicorn_worker_busy_seconds_total") - first.Sum("gunicorn_worker_busy_seconds_total")) / elapsed;
        var known = Workers * Rounds * sleep / (Workers * elapsed);
        Assert.Equal(Workers, last.Sum("gunicorn_worker_capacity"));
        // On a busy machine a worker is busy for longer than the sleep, but no longer than the client waits.
        var most = answered.Sum() / (Workers * elapsed);
        Assert.InRange(rate / last.Sum("gunicorn_worker_capacity"), known - 0.03, most + 0.03);
        Assert.Equal(0, last.Sum("gunicorn_worker_requests_in_flight"));
    }

    /// <summary>Returns for how many seconds the client waited.</summary>
    private static async Task<double> LoadAsync(GunicornServer server, string path)
    {
        var answered = TimeSpan.Zero;
        for (var round = 0; round < Rounds; round++)
        {
            var rest = Task.Delay(Period);
            var start = TimeProvider.System.GetTimestamp();
            Assert.Equal(200, await server.GetAsync(path));
            answered += TimeProvider.System.GetElapsedTime(start);
            await rest;
        }
        return answered.TotalSeconds;
    }
}

using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Engine.Tests.Files;
using GunicornPrometheusExporter.Engine.Tests.Flights;
using GunicornPrometheusExporter.Files;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Aggregation;

public sealed class RouteMemoryTests : IDisposable
{
    private const string Requests = "gunicorn_http_requests";
    private const string Growth = "gunicorn_route_memory_growth_bytes";

    // So many that two passes yield enough observations.
    private const int Workers = 16;

    // A worker reports its memory once a second, so later passes must be two seconds apart.
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(2.05);

    private readonly TemporaryDirectory _directory = new();
    private readonly StoreAggregator _aggregator;
    private readonly List<FileLock> _locks = [];

    public RouteMemoryTests()
    {
        _aggregator = new StoreAggregator(_directory.Path, NullLogger.Instance);
        _aggregator.RouteMemory.IsOn = true;
    }

    public void Dispose()
    {
        foreach (var held in _locks) held.Dispose();
        _aggregator.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void A_leak_has_the_name_of_its_route()
    {
        Start("worker");
        AssertLeak(Observe(_ => 50e6)[$"{Growth}{{endpoint=/leak}}"]);
    }

    [Fact]
    public void The_memory_of_a_dirty_worker_is_not_that_of_the_worker_with_its_number()
    {
        Start("dirty");
        Assert.DoesNotContain($"{Growth}{{endpoint=/leak}}", Observe(_ => 50e6).Keys);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_worker_that_writes_nonsense_spoils_no_estimate(double memory)
    {
        Start("worker");
        AssertLeak(Observe(number => number == Workers ? memory : 50e6)[$"{Growth}{{endpoint=/leak}}"]);
    }

    [Fact]
    public void A_count_without_a_route_spoils_no_estimate()
    {
        Start("worker");
        TestFile.Write(
            _directory["counter_worker-99.db"], EntryLayout.Timestamped, [TestEntry.Of(Requests, $"{Requests}_total", [("method", "GET")], 1)]);
        AssertLeak(Observe(_ => 50e6)[$"{Growth}{{endpoint=/leak}}"]);
    }

    private static void AssertLeak(double bytes) => Assert.InRange(bytes, 980, 1020);

    private string FlightOf(int number, string kind) => _directory[$"flight_{kind}-{number}_00000000.bin"];

    /// <summary>Starts processes, each with the counters of the worker of its number.</summary>
    private void Start(string kind)
    {
        for (var number = 1; number <= Workers; number++)
        {
            File.WriteAllBytes(FlightOf(number, kind), FlightImage.Bytes(7, 0, 0, MonotonicClock.Seconds()));
            _locks.Add(new FileLock(FlightOf(number, kind)));
        }
    }

    /// <summary>Lets each request leak 1,000 bytes.</summary>
    private Dictionary<string, double> Observe(Func<int, double> memoryOf)
    {
        Dictionary<string, double> samples = [];
        for (var pass = 0; pass < 3; pass++)
        {
            if (pass > 0) Thread.Sleep(Window);
            for (var number = 1; number <= Workers; number++)
            {
                double leaks = pass * 100 * number, others = pass * (number % 5);
                TestFile.Write(
                    _directory[$"counter_worker-{number}.db"], EntryLayout.Timestamped,
                    [RequestsOf("/leak", leaks), RequestsOf("/other", others)]);
                foreach (var flight in Directory.GetFiles(_directory.Path, $"flight_*-{number}_*.bin"))
                {
                    using var stream = new FileStream(flight, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
                    stream.Position = 24;
                    stream.Write(BitConverter.GetBytes(memoryOf(number) + (1000 * leaks)));
                }
            }
            samples = _aggregator.Read().Samples;
        }
        return samples;
    }

    private static TestEntry RequestsOf(string endpoint, double value) => TestEntry.Of(
        Requests, $"{Requests}_total", [("endpoint", endpoint), ("method", "GET"), ("status_code", "200")], value);
}

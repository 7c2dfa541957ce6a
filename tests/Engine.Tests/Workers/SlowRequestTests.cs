using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Engine.Tests.Aggregation;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Recording;
using GunicornPrometheusExporter.Routes;
using GunicornPrometheusExporter.Workers;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Workers;

/// <summary>Which requests are counted as slow, in flight and at their end.</summary>
public sealed class SlowRequestTests : IDisposable
{
    private const string Total = "gunicorn_slow_requests_total";
    private const string InFlight = "gunicorn_slow_requests_in_flight";

    // In seconds, longer than the threshold, which is longer than other requests take on a busy machine.
    private const double Long = 0.51;

    private readonly TemporaryDirectory _directory = new();
    private readonly RequestChoice _choice = new()
    {
        Slow = SlowThresholds.TryParse("3600,/slow*=0.5,/off=0")!,
        ExcludedRoutes = ["/slow/excluded"],
    };

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_request_past_the_threshold_of_its_route_is_in_flight_then_counted_once()
    {
        using var worker = Open();
        var slow = worker.RequestStarted("GET"u8, "/slow/42"u8, default);
        var fast = worker.RequestStarted("GET"u8, "/fast"u8, default);
        var routed = worker.RequestStarted("POST"u8, "/x"u8, default);
        worker.RequestRouted(routed, "/slow/<kind>"u8);
        _ = Dawdle();

        // A path may not exist until there is a response.
        Assert.Equal(
            [(InFlight + "{endpoint=/slow/<kind>,method=POST}", 1), (InFlight + "{endpoint=__unmatched__,method=GET}", 1)], Slow());

        worker.RequestFinished(slow, 200, 0);
        worker.RequestFinished(fast, 200, 0);
        worker.RequestFinished(routed, 500, 0);
        worker.HandleRequest("GET"u8, "/slow/42"u8, () => 200);
        Assert.Equal([(Total + "{endpoint=/slow/<kind>,method=POST}", 1), (Total + "{endpoint=/slow/{id},method=GET}", 1)], Slow());

        worker.HandleRequest("GET"u8, "/slow/43"u8, Dawdle);
        Assert.Equal([(Total + "{endpoint=/slow/<kind>,method=POST}", 1), (Total + "{endpoint=/slow/{id},method=GET}", 2)], Slow());
        var again = worker.RequestStarted("GET"u8, "/slow/44"u8, default);
        _ = Dawdle();
        Assert.Contains((InFlight + "{endpoint=/slow/{id},method=GET}", 1), Slow());
        worker.RequestFinished(again, 200, 0);
    }

    [Fact]
    public void The_threshold_is_that_of_the_route_whatever_endpoint_the_request_is_counted_as()
    {
        var choice = new RequestChoice { Slow = SlowThresholds.TryParse("/patient*=3600,0.5")! };
        using (var worker = Open(choice, maximumLabelValues: 1))
        {
            worker.HandleRequest("GET"u8, "/first"u8, () => 200);
            // Beyond the limit on values, and of a path that does not exist.
            worker.HandleRequest("GET"u8, "/patient/other"u8, Dawdle);
            worker.HandleRequest("GET"u8, "/patient/missing"u8, () => Dawdle() + 204);
            worker.HandleRequest("GET"u8, "/other"u8, Dawdle);
            worker.HandleRequest("GET"u8, "/missing"u8, () => Dawdle() + 204);
        }

        Assert.Equal([(Total + "{endpoint=__other__,method=GET}", 1), (Total + "{endpoint=__unmatched__,method=GET}", 1)], Slow());
    }

    [Fact]
    public void Streams_WebSockets_excluded_requests_and_routes_without_a_threshold_are_never_slow()
    {
        using var worker = Open();
        var stream = worker.RequestStarted("GET"u8, "/slow"u8, default);
        worker.RequestResponding(stream, 200, isStream: true);
        var handshake = worker.RequestStarted("GET"u8, "/slow"u8, new RequestHeaders { IsHandshake = true });
        var excluded = worker.RequestStarted("GET"u8, "/slow/excluded"u8, default);
        var off = worker.RequestStarted("GET"u8, "/off"u8, default);
        _ = Dawdle();

        Assert.Empty(Slow());
        foreach (var token in (long[])[stream, excluded, off]) worker.RequestFinished(token, 200, 0);
        worker.RequestFinished(handshake, 101, 0);
        Assert.Empty(Slow());
    }

    [Fact]
    public void The_threshold_without_a_setting_follows_Gunicorns_timeout()
    {
        using (var worker = Open(new RequestChoice()))
        {
            worker.SetTimeout(5);
            worker.HandleRequest("GET"u8, "/"u8, () => Dawdle(seconds: 0.03));
            worker.HandleRequest("GET"u8, "/"u8, () => Dawdle(seconds: 1.01));
        }
        Assert.Equal([(Total + "{endpoint=/,method=GET}", 1)], Slow());
    }

    [Fact]
    public void Slow_requests_past_the_limit_on_series_are_counted_as_other()
    {
        using var worker = Open(new RequestChoice { Slow = SlowThresholds.TryParse("0.000001")! }, maximumSeries: 1_000);
        for (var i = 0; i < 1_100; i++)
        {
            var token = worker.RequestStarted("GET"u8, "/"u8, default);
            worker.RequestRouted(token, System.Text.Encoding.ASCII.GetBytes($"/r{i}"));
            Thread.SpinWait(10_000);
            worker.RequestFinished(token, 200, 0);
        }

        Assert.Equal(1_100, Slow().Sum(sample => sample.Value));
        Assert.Contains(Slow(), sample => sample.Name == Total + "{endpoint=__other__,method=__other__}");
    }

    private static int Dawdle() => Dawdle(Long);

    private static int Dawdle(double seconds)
    {
        Thread.Sleep(TimeSpan.FromSeconds(seconds));
        return 200;
    }

    private PrometheusWorker Open(
        RequestChoice? choice = null, int maximumSeries = MetricWriter.DefaultMaximumSeries,
        int maximumLabelValues = LabelBounds.DefaultMaximumValues) =>
        new(
            SlotStore.Open(_directory.Path, SlotKind.Worker, EntryLayout.ValueOnly), TimeProvider.System, maximumLabelValues,
            maximumSeries: maximumSeries)
        {
            Choice = choice ?? _choice,
        };

    private List<(string Name, double Value)> Slow()
    {
        using var aggregator = new StoreAggregator(_directory.Path, NullLogger.Instance);
        aggregator.Flights.Choice = _choice;
        return
        [
            .. aggregator.Read().Samples.Where(sample => sample.Key.StartsWith("gunicorn_slow", StringComparison.Ordinal))
                .Select(sample => (sample.Key, sample.Value)),
        ];
    }
}

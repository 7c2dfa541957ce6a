using System.Text;
using GunicornPrometheusExporter.Engine.Tests.Aggregation;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;
using GunicornPrometheusExporter.Workers;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Workers;

/// <summary>What is recorded of requests is what the operator chose.</summary>
public sealed class RequestChoiceTests : IDisposable
{
    private const string Latency = "gunicorn_http_request_duration_seconds_count";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("/healthz")]
    [InlineData("/health*")]
    [InlineData("/a,/health?")]
    public void An_excluded_path_is_counted_in_no_family(string excluded)
    {
        var samples = Record(new RequestChoice { ExcludedRoutes = [.. excluded.Split(',')] }, worker =>
        {
            for (var i = 0; i < 3; i++) worker.HandleRequest("GET"u8, "/healthz?now"u8, () => i == 0 ? 404 : 200);
            worker.HandleError("GET"u8, "/healthz"u8, "ValueError"u8);
            worker.HandleRequest("GET"u8, "/shop"u8, () => 200);
        });

        Assert.Equal(1, samples["gunicorn_worker_requests_total{worker_id=worker_1}"]);
        Assert.Equal(1, samples["gunicorn_worker_request_duration_seconds_count{worker_id=worker_1}"]);
        Assert.Equal(1, samples["gunicorn_worker_response_size_bytes_count{worker_id=worker_1}"]);
        Assert.Equal(1, samples[$"{Latency}{{endpoint=/shop,method=GET}}"]);
        Assert.Equal(0, samples["gunicorn_exporter_dropped_total{}"]);
        Assert.DoesNotContain(samples.Keys, name => name.Contains("health", StringComparison.Ordinal)
            || name.Contains("__excluded__", StringComparison.Ordinal) || name.Contains("__unmatched__", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("__unmatched__")]
    [InlineData("/{path}")]
    public void An_excluded_path_is_excluded_whatever_its_route(string route)
    {
        var samples = Record(new RequestChoice { ExcludedRoutes = ["/healthz"] }, worker =>
        {
            foreach (var path in (string[])["/healthz", "/healthz?now", "/shop"])
            {
                var token = worker.RequestStarted("GET"u8, Encoding.ASCII.GetBytes(path), default);
                worker.RequestRouted(token, Encoding.ASCII.GetBytes(route));
                worker.RequestFinished(token, 200, 10);
            }
        });

        Assert.Equal(1, samples["gunicorn_worker_requests_total{worker_id=worker_1}"]);
    }

    [Fact]
    public void An_excluded_route_of_a_framework_is_counted_in_one_family_where_the_operator_says_so()
    {
        var samples = Record(new RequestChoice { ExcludedRoutes = ["/health/<kind>"], CountsExcluded = true }, worker =>
        {
            for (var i = 0; i < 3; i++)
            {
                var token = worker.RequestStarted("GET"u8, Encoding.ASCII.GetBytes($"/health/{(char)('a' + i)}"), default);
                worker.RequestRouted(token, "/health/<kind>"u8);
                worker.RequestFinished(token, i == 0 ? 503 : 200, 10);
            }
        });

        Assert.Equal(2, samples["gunicorn_http_requests_total{endpoint=__excluded__,method=GET,status_code=200}"]);
        Assert.Equal(1, samples["gunicorn_http_requests_total{endpoint=__excluded__,method=GET,status_code=503}"]);
        Assert.Equal(0, samples["gunicorn_worker_requests_total{worker_id=worker_1}"]);
        Assert.Equal(0, samples["gunicorn_worker_response_size_bytes_count{worker_id=worker_1}"]);
        Assert.DoesNotContain(samples.Keys, name => name.StartsWith("gunicorn_worker_failed", StringComparison.Ordinal)
            || name.StartsWith(Latency, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(MetricCatalogue.StatusClass, "2xx", "4xx")]
    [InlineData(MetricCatalogue.StatusCode, "200", "404")]
    public void The_latency_has_the_status_and_the_series_without_it_go_on_unmixed(string label, string good, string bad)
    {
        void Handle(PrometheusWorker worker)
        {
            worker.HandleRequest("GET"u8, "/a"u8, () => 200);
            worker.HandleRequest("GET"u8, "/a"u8, () => 200);
            worker.HandleRequest("GET"u8, "/a"u8, () => 404);
        }
        _ = Record(new RequestChoice(), Handle);
        var samples = Record(new RequestChoice { StatusLabel = label }, Handle);

        Assert.Equal(2, samples[$"{Latency}{{endpoint=/a,method=GET,{label}={good}}}"]);
        Assert.Equal(1, samples[$"{Latency}{{endpoint=/a,method=GET,{label}={bad}}}"]);
        Assert.Equal(3, samples[$"{Latency}{{endpoint=/a,method=GET}}"]);
        Assert.Equal(6, samples["gunicorn_worker_request_duration_seconds_count{worker_id=worker_1}"]);

        samples = Record(new RequestChoice(), Handle);
        Assert.Equal(6, samples[$"{Latency}{{endpoint=/a,method=GET}}"]);
    }

    [Fact]
    public void Beyond_the_limit_on_series_the_latency_of_other_requests_has_their_status()
    {
        var samples = Record(new RequestChoice { StatusLabel = MetricCatalogue.StatusClass }, maximumSeries: 60, record: worker =>
        {
            for (var i = 0; i < 20; i++) worker.HandleRequest("GET"u8, Encoding.ASCII.GetBytes($"/{(char)('a' + i)}"), () => 200);
        });

        Assert.Contains(samples.Keys, name => name.StartsWith($"{Latency}{{endpoint=__other__,method=__other__,status_class=", StringComparison.Ordinal));
        Assert.Equal(20, samples.Where(sample => sample.Key.StartsWith(Latency, StringComparison.Ordinal)).Sum(sample => sample.Value));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_stream_of_events_has_no_latency_but_a_first_byte(bool timesFirstByte)
    {
        var samples = Record(new RequestChoice { TimesFirstByte = timesFirstByte }, worker =>
        {
            for (var i = 0; i < 3; i++)
            {
                var token = worker.RequestStarted("GET"u8, "/events"u8, default);
                worker.RequestResponding(token, 200, isStream: i < 2);
                worker.RequestFinished(token, 200, 5);
            }
            worker.HandleRequest("GET"u8, "/none"u8, () => 500);
        });

        Assert.Equal(3, samples["gunicorn_http_requests_total{endpoint=/events,method=GET,status_code=200}"]);
        Assert.Equal(1, samples[$"{Latency}{{endpoint=/events,method=GET}}"]);
        Assert.Equal(2, samples["gunicorn_worker_request_duration_seconds_count{worker_id=worker_1}"]);
        Assert.Equal(4, samples["gunicorn_worker_response_size_bytes_count{worker_id=worker_1}"]);
        const string FirstByte = "gunicorn_http_time_to_first_byte_seconds_count";
        if (!timesFirstByte) Assert.DoesNotContain(samples.Keys, name => name.StartsWith(FirstByte, StringComparison.Ordinal));
        else
        {
            Assert.Equal(3, samples[$"{FirstByte}{{endpoint=/events,method=GET}}"]);
            // Its response never began.
            Assert.Equal(0, samples[$"{FirstByte}{{endpoint=/none,method=GET}}"]);
        }
    }

    [Fact]
    public void Beyond_the_limit_on_series_the_first_byte_of_other_requests_is_recorded()
    {
        var samples = Record(new RequestChoice { TimesFirstByte = true }, maximumSeries: 60, record: worker =>
        {
            for (var i = 0; i < 20; i++)
            {
                var token = worker.RequestStarted("GET"u8, Encoding.ASCII.GetBytes($"/{(char)('a' + i)}"), default);
                worker.RequestResponding(token, 200);
                worker.RequestFinished(token, 200, 0);
            }
        });

        Assert.Equal(20, samples.Where(sample => sample.Key.StartsWith("gunicorn_http_time_to_first_byte_seconds_count", StringComparison.Ordinal))
            .Sum(sample => sample.Value));
    }

    private Dictionary<string, double> Record(
        RequestChoice choice, Action<PrometheusWorker> record, int maximumSeries = MetricWriter.DefaultMaximumSeries)
    {
        using (var worker = new PrometheusWorker(
            SlotStore.Open(_directory.Path, SlotKind.Worker, EntryLayout.Timestamped), TimeProvider.System, maximumSeries: maximumSeries)
        {
            Choice = choice,
        })
        {
            record(worker);
        }
        return Scraped.Once(_directory.Path).Samples;
    }
}

using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using GunicornPrometheusExporter.Deaths;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>Reads an exporter over HTTP, as Prometheus does.</summary>
internal sealed class ExporterClient : IDisposable
{
    private const int LongestAnswer = 256 << 20;

    // Prometheus' default timeout of a scrape.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http;

    internal ExporterClient(Target target)
    {
        Target = target;
        _http = new(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.GZip, UseProxy = false })
        {
            Timeout = LongestWait,
            MaxResponseContentBufferSize = LongestAnswer,
        };
        if (target.User.Length > 0)
        {
            var user = Convert.ToBase64String(Encoding.UTF8.GetBytes(target.User));
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", user);
        }
    }

    internal Target Target { get; }

    /// <exception cref="ReadingException">It does not answer, or is not an exporter.</exception>
    internal async Task<IReadOnlyList<Sample>> ReadSamplesAsync(CancellationToken end)
    {
        try
        {
            var samples = TextSample.ReadAll(await GetAsync(Target.MetricsAddress, end))
                .Select(sample => new Sample(new SnapshotSample(sample.Name, sample.Labels), sample.Value)).ToArray();
            return samples.Any(IsOurs) ? samples : throw new FormatException("metrics of another program");
        }
        catch (FormatException e)
        {
            throw new ReadingException(
                $"{Target.MetricsAddress} gave an unexpected answer: {Show.Printable(e.Message)}; " +
                    "check that this is an exporter's address");
        }
    }

    /// <summary>The oldest requests in flight of the workers; null from an exporter that does not report them, such as a hub.</summary>
    /// <exception cref="ReadingException">It no longer answers.</exception>
    internal async Task<IReadOnlyCollection<OldestRequest>?> ReadOldestAsync(CancellationToken end)
    {
        try
        {
            return OldestRequestJson.Read(await GetAsync(new Uri(Target.Address, OldestRequestJson.Path), end));
        }
        catch (Exception e) when (e is JsonException or ReadingException { IsAnswer: true })
        {
            return null;
        }
    }

    public void Dispose() => _http.Dispose();

    private static bool IsOurs(Sample sample) =>
        sample.Key.Name == MetricCatalogue.BuildInfo.Name || sample.Key.Name == MetricCatalogue.HubSourceUp.Name;

    private async Task<string> GetAsync(Uri address, CancellationToken end)
    {
        try
        {
            using var response = await _http.GetAsync(address, end);
            if (response.IsSuccessStatusCode) return await response.Content.ReadAsStringAsync(end);
            throw new ReadingException($"{address} answered with status {(int)response.StatusCode}; {RemedyOf(response.StatusCode)}")
            {
                IsAnswer = true,
            };
        }
        catch (TaskCanceledException) when (!end.IsCancellationRequested)
        {
            throw new ReadingException($"{address} did not answer in {LongestWait.TotalSeconds} s; " +
                "check that the exporter and its host are responsive");
        }
        catch (HttpRequestException e)
        {
            throw new ReadingException(
                $"{address} does not answer: {(e.InnerException ?? e).Message}; check that the exporter runs at this address");
        }
    }

    private static string RemedyOf(HttpStatusCode status) => status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden
        ? "give a user with access: http://USER:PASSWORD@HOST:PORT"
        : "check that this is an exporter's address";
}

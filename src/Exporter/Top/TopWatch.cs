using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.Top;

/// <summary>Reads an exporter repeatedly. Not thread-safe.</summary>
internal sealed class TopWatch(ExporterClient client, TimeProvider time)
{
    private readonly ReadingWindow _window = new();

    /// <summary>Whether to read the incidents too.</summary>
    internal bool HasIncidents { private get; set; }

    /// <exception cref="ReadingException">It could not be read.</exception>
    internal async Task<Status> LookAsync(CancellationToken end)
    {
        var samples = await client.ReadSamplesAsync(end);
        var now = new Samples(time.GetUtcNow(), [.. samples, .. await client.ReadNativesAsync(end)]);
        var reading = new StatusReading(now, _window.Move(now).First);
        var status = reading.ToStatus(await client.ReadOldestAsync(end) ?? reading.AgesOfOldest());
        return HasIncidents ? status with { Incidents = [.. await client.ReadIncidentsAsync(end) ?? []] } : status;
    }
}

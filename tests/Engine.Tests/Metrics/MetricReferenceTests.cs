using System.Globalization;
using System.Text;
using GunicornPrometheusExporter.Metrics;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Metrics;

public sealed class MetricReferenceTests
{
    [Fact]
    public void The_metric_reference_is_what_the_catalogue_says() => Documentation.AssertIs("metrics.md", Render());

    private static string Render()
    {
        var text = new StringBuilder(
            """
            # Metrics

            Written from `src/Engine/Metrics/MetricCatalogue.cs`; a test keeps it current (`UPDATE_DOCS=1` rewrites it).

            `worker_id` names a slot, not a process: `worker_1` is whichever process holds slot 1, and its counters go on when
            that process is replaced. `gunicorn_worker_info` tells which process it is now. `endpoint` is the route that the
            framework found ([worker classes](worker-classes.md)), else the path with ids, UUIDs, hashes and tokens replaced by
            placeholders. `method` is one of the nine of RFC 9110, `PATCH`, or `__other__`.

            A label takes at most `GUNICORN_EXPORTER_MAX_LABEL_VALUES` values in each process (200), and a worker records at most
            `GUNICORN_EXPORTER_MAX_WORKER_SERIES` series (15,000). What comes later is recorded as `__other__` and counted in
            `gunicorn_exporter_label_overflow_total`, under the label's name or under `series`: [the bounds of a
            worker](configuration.md#the-bounds-of-a-worker). The exporter serves at most `GUNICORN_EXPORTER_MAX_SERIES` series
            (1,000,000), the application's own included; whole label sets that come later are left out and counted in
            `gunicorn_exporter_series_dropped`.

            `gunicorn_worker_request_size_bytes` observes what `Content-Length` states, whether or not the body arrives. A length
            of more than 1 TiB is not observed, and neither is a wait in `gunicorn_worker_request_queue_seconds` of more than an
            hour. A wait that ends up to 1 s before it began counts as 0, because the clocks of two machines differ; an earlier end
            is not observed. Each is counted in `gunicorn_exporter_invalid_content_lengths_total` or
            `gunicorn_exporter_invalid_queue_headers_total`.

            The figures of several hosts become one ([forwarding](forwarding.md)) as the column Hosts says: apart are those
            that are not merged, told apart by `instance`.

            | Family | Type | Labels | Written by | Hosts | Meaning |
            |---|---|---|---|---|---|

            """);
        foreach (var family in MetricCatalogue.All)
        {
            var labels = string.Join(", ", family.Labels.Select(label => $"`{label}`"));
            text.Append(
                CultureInfo.InvariantCulture,
                $"| `{family.Name}` | {family.Type.ToString().ToLowerInvariant()} | {labels} | {Writer(family.Source)} | {Hosts(family)} | {family.Help} |\n");
        }
        var buckets = string.Join(", ", MetricCatalogue.LatencyBuckets.Select(bound => bound.ToString(CultureInfo.InvariantCulture)));
        text.Append(CultureInfo.InvariantCulture, $"\nThe buckets of both latency histograms, in seconds: {buckets}.\n");
        return text.ToString();
    }

    private static string Writer(FamilySource source) => source switch
    {
        FamilySource.Worker => "worker",
        FamilySource.Master => "master",
        FamilySource.Hub => "hub",
        _ => "exporter",
    };

    private static string Hosts(MetricFamily family) => family.Type == MetricType.Gauge
        ? family.HostMode == GaugeMode.All ? "apart" : family.HostMode.ToString().ToLowerInvariant()
        : "sum";
}

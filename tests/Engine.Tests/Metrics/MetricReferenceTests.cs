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

            This page lists every metric of the exporter. A test generates it from `src/Engine/Metrics/MetricCatalogue.cs`;
            `UPDATE_DOCS=1` rewrites it.

            | Label | Value |
            |---|---|
            | `worker_id` | a [slot](glossary.md#slot), not a process: `worker_1` is the process that holds slot 1 at the time. Its counters continue when that process is replaced; `gunicorn_worker_info` has its current pid |
            | `endpoint` | the [route](worker-classes.md#routes) that the framework found; `__unmatched__` if it found none. Without a framework, the path with placeholders for ids, UUIDs, hashes and tokens, or `__unmatched__` [until the path is known to exist](worker-classes.md#unmatched-requests). `__invalid__` for a request that could not be parsed |
            | `method` | one of the nine methods of RFC 9110, `PATCH`, or `__other__` |

            Histograms of workers and lost requests have `worker_id` only with `GUNICORN_EXPORTER_PER_WORKER=true`. By default the exporter
            sums them over all workers: [Choose what is recorded and served](choosing.md), which also describes the buckets.

            | Limit | Default | Beyond it |
            |---|---|---|
            | `GUNICORN_EXPORTER_MAX_LABEL_VALUES`: values of a label in each process; of `endpoint`, the paths, not [the routes](configuration.md#the-bounds-of-a-worker) | 200 | the value is `__other__`; counted in `gunicorn_exporter_label_overflow_total` under the label's name |
            | `GUNICORN_EXPORTER_MAX_WORKER_SERIES`: series of a worker | 15,000 | [method and endpoint are `__other__`](configuration.md#the-bounds-of-a-worker); counted in `gunicorn_exporter_label_overflow_total` under `series` |
            | `GUNICORN_EXPORTER_MAX_SERIES`: series that the exporter serves, including those of the application | 1,000,000 | the exporter drops later label sets as a whole; counted in `gunicorn_exporter_series_dropped` |

            Invalid headers are not observed:

            - `gunicorn_worker_request_size_bytes` observes the value of `Content-Length`, whether or not the body arrives. It does not
              observe a length of more than 1 TiB; `gunicorn_exporter_invalid_content_lengths_total` counts that. It does not observe a
              body in chunks, whose size nobody states.
            - `gunicorn_worker_request_queue_seconds` does not observe a wait of more than an hour, or one that ended more than 1 s
              before it began; `gunicorn_exporter_invalid_queue_headers_total` counts that. A wait that ended up to 1 s before it began
              counts as 0, because the clocks of two machines differ.

            The column Hosts shows how a [hub](hub.md) with `--aggregate` merges the values of several hosts. `apart` means that it does
            not merge them: the label `instance` distinguishes the hosts.

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
        return text.ToString();
    }

    private static string Writer(FamilySource source) => source switch
    {
        FamilySource.Worker => "worker",
        FamilySource.Master => "master",
        FamilySource.Arbiter => "dirty arbiter",
        FamilySource.Hub => "hub",
        _ => "exporter",
    };

    private static string Hosts(MetricFamily family) => family.Type == MetricType.Gauge
        ? family.HostMode == GaugeMode.All ? "apart" : family.HostMode.ToString().ToLowerInvariant()
        : "sum";
}

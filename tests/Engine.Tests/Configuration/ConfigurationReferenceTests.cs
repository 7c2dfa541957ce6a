using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using GunicornPrometheusExporter.Configuration;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Configuration;

public sealed partial class ConfigurationReferenceTests
{
    [Fact]
    public void The_configuration_reference_is_what_the_variables_say() => Documentation.AssertIs("configuration.md", Render());

    [Fact]
    public void The_example_file_states_nothing_and_without_comments_everything()
    {
        var example = ConfigurationFileReader.Read("example.yml", Example());
        var whole = ConfigurationFileReader.Read("example.yml", CommentedSetting().Replace(Example(), "$1"));

        Assert.Equal((0, 0), (example.Errors.Length, example.Settings.Count));
        Assert.Empty(whole.Errors);
        Assert.Equal(ConfigurationVariables.All.Length - 1, whole.Settings.Count);
    }

    private static string Example()
    {
        using var text = new StringWriter();
        ExampleFile.Write(text);
        return text.ToString();
    }

    private static string Render()
    {
        var text = new StringBuilder(
            """
            # Configuration

            This page shows how to configure the exporter and lists every setting. A test generates the page from
            `src/Engine/Configuration/ConfigurationVariables.cs`; `UPDATE_DOCS=1` rewrites it.

            You can put each setting into the environment or into a YAML file. Those that the exporter itself uses also have a flag of
            `serve`, except secrets, which other users of the machine would see there. A flag overrides the environment, the environment
            overrides the file, and the file overrides the default. An empty value counts as unset.

            A list, of addresses for example, has commas between its items in the environment; in the file it can be a YAML list, and its
            flag can be repeated.

            ## The file

            ```yaml
            # exporter.yml
            exporter:
              prometheus:
                metrics_port: 9091
              redis:
                enabled: true
                host: redis.example
              remote_write:
                external_labels: {env: prod, region: eu}
            ```

            `gunicorn-prometheus-exporter config --example` prints a file that has every setting and its purpose.
            Set `GUNICORN_EXPORTER_CONFIG_FILE` to the path of your file: the hooks, the workers and the exporter of one server all
            read it. Or name the file in `gunicorn.conf.py`:

            ```python
            from gunicorn_prometheus_exporter import load_yaml_config

            load_yaml_config("exporter.yml")
            ```

            - Commands that read the configuration also take `--config.file`.
            - The user that the workers run as must be able to read the file, because the exporter runs as that user.
            - If the file holds secrets and every user of the machine can read it, the exporter logs a warning.
            - The file is UTF-8 and at most 256 KiB. YAML tags and aliases in it have no effect.
            - A value has the same form as in the environment. Labels, headers, attributes and thresholds of routes can also be
              a mapping, as above.

            If anything in the file is wrong, the exporter rejects the whole file and reports every error, one per line:

            ```yaml
            # wrong.yml
            exporter:
              redis:
                hots: redis.example
                port: 0
            ```

            ```console
            $ gunicorn-prometheus-exporter config --check --config.file wrong.yml || true
            error: …wrong.yml:4:5: exporter.redis has no setting "hots"; did you mean host?
            error: …wrong.yml:5:5: exporter.redis.port is "0"; set it to a whole number from 1 to 65535
            ```

            ## The environment of the application

            The exporter shares its environment with the application, where other programs have variables too. A value that cannot be
            meant for the exporter is ignored with a warning: a service link of Kubernetes, such as `REDIS_PORT=tcp://10.96.0.12:6379`,
            a `GUNICORN_WORKERS`, `GUNICORN_TIMEOUT` or `GUNICORN_KEEPALIVE` that is not a number, such as `auto`, and any invalid
            `REDIS_*` while the exporter does not forward to Redis. The same value in a flag or in the file is an error, as is any
            other invalid value.

            Where a server runs, its own settings count: in a worker, `ExporterConfig` and `get_config()` have the workers, the timeout
            and the keepalive of the running server, and `gunicorn_workers{state="configured"}` has the number of workers that the master
            keeps, after TTIN and TTOU too. `config` in a shell shows only what the variables and the file say.

            If a variable is unset, these names count in its place: `PROMETHEUS_REDIS_URL` for `REDIS_URL`, `SIDECAR_UPDATE_INTERVAL` for
            `REDIS_FORWARD_INTERVAL`, and `prometheus_multiproc_dir` for `PROMETHEUS_MULTIPROC_DIR`.

            ## TLS without a web configuration file

            The settings `PROMETHEUS_SSL_*`, in the file `prometheus.ssl`, make the metrics server speak TLS. If one of them cannot be
            used, the exporter serves nothing: it never falls back to plain HTTP. It reloads the certificates when they change. For
            users, headers or the version of TLS, write a [web configuration file](security.md) instead.

            ## Print and check the configuration

            | Command | Prints |
            |---|---|
            | `config` | every setting in force and its source: `flag`, `environment`, the file with the line, or `default`; secrets are masked |
            | `config --format json` | the same as JSON |
            | `config --check` | only the errors |
            | `config --example` | a file with every setting, commented out |

            The exit status is 2 if there is an error, else 0.

            ```console
            $ REDIS_PORT=6380 gunicorn-prometheus-exporter config --config.file exporter.yml | grep -E "REDIS_(HOST|PORT)"
              REDIS_HOST = redis.example (…exporter.yml:7)
              REDIS_PORT = 6380 (environment)
            ```

            ## Reload the configuration

            | Trigger | What reloads the file |
            |---|---|
            | SIGHUP to the exporter or to a hub | that process. A process that was started with `nohup` ignores SIGHUP |
            | SIGHUP to the Gunicorn master | the exporter, within a second, and the new workers. Gunicorn's own rules apply to the settings of Gunicorn |
            | `POST /-/reload`, if `--web.enable-lifecycle` or its setting allows it | the exporter. It returns 200; 500 with the errors; or 403 if reloading over HTTP is not allowed |

            The column Change of the [settings](#settings) says when a new value takes effect: at this `reload`, at a `reload of Gunicorn`,
            or at the next `start`. The log names the changed settings that have to wait.

            If a setting of a [forwarder](glossary.md#forwarder) changes, that forwarder restarts. Before it stops, it makes one last
            attempt to send the snapshots that it buffers in memory; if the attempt fails, they are lost.

            If anything in the file is wrong, the previous configuration stays in force and the exporter logs each error.
            `gunicorn_exporter_config_last_reload_successful` is then 0 until a reload succeeds.
            `gunicorn_exporter_config_last_reload_success_timestamp_seconds` is the time at which the configuration in force was loaded.

            ## The bounds of a worker

            A client chooses the method, the path and in part the status of a request, so without bounds it could make a worker record
            any number of series. These are the bounds:

            | Bound | Default | Beyond it |
            |---|---|---|
            | methods | `GUNICORN_EXPORTER_METHODS`: those of RFC 9110, and `PATCH` | the method is `__other__` |
            | `GUNICORN_EXPORTER_MAX_LABEL_VALUES` | 200 values of each label; for `endpoint`, 200 paths | the label is `__other__` |
            | headers and hosts with a list in `GUNICORN_EXPORTER_EXTRA_LABELS` | the values of the list | the label is `__other__` |
            | routes of a framework | 10,000 routes that the application declares, and 1,000 others | `endpoint` is `__other__` |
            | `GUNICORN_EXPORTER_MAX_WORKER_SERIES` | 15,000 series of a worker, and as many again for routes | method, endpoint and [extra labels](choosing.md#extra-labels) are `__other__`. The status stays for 256 more series, and is `__other__` after that |

            Paths cannot take the place of routes: routes have values and series of their own. A worker admits the routes that Flask,
            Django, Starlette and FastAPI declare before it records the application's first request. Requests that match no route are one
            value, [`__unmatched__`](worker-classes.md#unmatched-requests).

            A worker whose 200 paths are all in use records a further path as `__other__`. If nobody has requested a path for an hour,
            it gives way to the next one that needs its place. Its series stay, and continue if somebody requests it again: no counter
            decreases or disappears.

            A route takes 16 series for the latency of each method, and one or two for each status. So 200 routes with two methods and
            six statuses each take 10,400 series, which leaves 30 % of the default free. A full worker takes 5 MiB of disk and adds
            about 1.5 MB to a response of `/metrics`.

            Totals stay exact: each request is counted once in every family, if necessary under `__other__`. A worker that reaches 15,000
            series logs that once. `gunicorn_exporter_label_overflow_total{label="series"}` counts each recording under `__other__` that
            this causes, `GunicornLabelOverflow` alerts on it, and `check` reports it. If a worker's files have their maximum size (16 MiB) or
            its disk is full, new series become `__other__` in the same way.

            A full worker has room again when its process is replaced, by `max_requests`, a reload or a crash. The new process skips the
            full [slot](glossary.md#slot) and takes the next one, for example `worker_5` instead of `worker_1`. The counts of the full slot
            stay and are served. At most eight slots, or as many as there are workers if that is more, can be full: from then on, new
            processes continue the full slots until Gunicorn restarts. An application that needs more series needs a higher bound.

            ## Settings


            """);
        foreach (var section in ConfigurationVariables.Sections.Prepend(Files()))
        {
            text.Append(CultureInfo.InvariantCulture, $"### {section.Key}\n\n| Variable | In the file | Flag | Default | Set it to | Change | Meaning |\n|---|---|---|---|---|---|---|\n");
            foreach (var variable in section)
            {
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"| `{variable.Name}` | {Code(variable.Key)} | {Code(variable.Flag)} | {Code(variable.Default)} | {VariableParser.RuleOf(variable).Replace("|", "\\|", StringComparison.Ordinal)} | {Change(variable.ReloadScope)} | {variable.Description} |\n");
            }
            text.Append('\n');
        }
        return text.ToString().TrimEnd('\n') + "\n";
    }

    private static IGrouping<string, ConfigurationVariable> Files() =>
        ConfigurationVariables.All.Where(variable => variable.Key is null).GroupBy(_ => "The file").Single();

    private static string Change(ReloadScope renewal) => renewal switch
    {
        ReloadScope.Reload => "reload",
        ReloadScope.GunicornReload => "reload of Gunicorn",
        _ => "start",
    };

    private static string Code(string? text) => text is null ? "" : $"`{text}`";

    [GeneratedRegex("^(    +)#(?! )", RegexOptions.Multiline)]
    private static partial Regex CommentedSetting();
}

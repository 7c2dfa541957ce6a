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
    public void The_example_file_is_what_the_variables_say() => Documentation.AssertIs("exporter.example.yml", Example());

    [Fact]
    public void The_example_file_states_nothing_and_without_comments_everything()
    {
        var example = ConfigurationFileReader.Read("example.yml", Example());
        var whole = ConfigurationFileReader.Read("example.yml", CommentedSetting().Replace(Example(), "    "));

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

            Written from `src/Engine/Configuration/ConfigurationVariables.cs`; a test keeps it current (`UPDATE_DOCS=1` rewrites it).

            Every setting can be stated in the environment and in a YAML file, some also by a flag. A flag wins over the
            environment, the environment over the file, the file over the default; what is empty counts as unset.

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

            [exporter.example.yml](exporter.example.yml) has every setting with what it is for; `config --example` prints the same.
            `GUNICORN_EXPORTER_CONFIG_FILE` names the file to everything that belongs to one server: the hooks, the workers and the
            exporter. So does, in `gunicorn.conf.py`:

            ```python
            from gunicorn_prometheus_exporter import load_yaml_config

            load_yaml_config("exporter.yml")
            ```

            Commands that read the configuration take `--config.file` too. The file must be readable by the user that the workers run
            as, because the exporter runs as that user. If it holds secrets and every user of the machine can read it, that is warned
            of. It is UTF-8, of 256 KiB at most; aliases and tags mean nothing in it, and a value is the text that its variable would
            have. Labels and headers may be a mapping, as above.

            A file in which anything is wrong is refused as a whole, with every error at once, one a line:

            ```yaml
            # wrong.yml
            exporter:
              redis:
                hots: redis.example
                port: 0
            ```

            ```console
            $ gunicorn-prometheus-exporter config --check --config.file wrong.yml || true
            error: …wrong.yml:4:5: exporter.redis knows no "hots"; did you mean host?
            error: …wrong.yml:5:5: exporter.redis.port is "0"; set it to a whole number from 1 to 65535
            ```

            ## Looking at it

            | Command | Prints |
            |---|---|
            | `config` | every setting as it is in force, secrets masked, and where it is from: `flag`, `environment`, the file and its line, or `default` |
            | `config --format json` | the same for programs |
            | `config --check` | what is wrong only |
            | `config --example` | a file with every setting, commented out |

            The exit status is 2 if anything is wrong, else 0.

            ```console
            $ REDIS_PORT=6380 gunicorn-prometheus-exporter config --config.file exporter.yml | grep -E "REDIS_(HOST|PORT)"
              REDIS_HOST = redis.example (…exporter.yml:7)
              REDIS_PORT = 6380 (environment)
            ```

            ## Reading it anew

            SIGHUP to the exporter, or to a hub, reads the file anew. SIGHUP to Gunicorn's master does so too, a second later at
            most, and its new workers go by the file; what Gunicorn itself reads is read by Gunicorn's rules. `POST /-/reload` does
            it over HTTP, if `--web.enable-lifecycle` or its setting allows that: it answers 200, 500 with what is wrong, or 403.
            An exporter that was started with `nohup` hears no SIGHUP.

            The column Change says when a setting takes effect: at this `reload`, at a `reload of Gunicorn`, or at the next `start`;
            what has to wait is named in the log. A forwarder begins anew if a setting of its own has changed: what it had waiting in
            memory is sent once more at its end, or lost.

            A file that is wrong is refused as a whole: what was in force stays so, each error is logged, and
            `gunicorn_exporter_config_last_reload_successful` is 0 until a reading succeeds;
            `gunicorn_exporter_config_last_reload_success_timestamp_seconds` tells when the one in force was read.

            ## The bounds of a worker

            A client chooses the method, the path and in part the status of a request, so it could make a worker record any number
            of series. Three bounds hold it:

            | Bound | Default | Past it |
            |---|---|---|
            | methods | the nine of RFC 9110, and `PATCH` | the method is `__other__` |
            | `GUNICORN_EXPORTER_MAX_LABEL_VALUES` | 200 values of each label | the label is `__other__` |
            | `GUNICORN_EXPORTER_MAX_WORKER_SERIES` | 15,000 series of a worker | method and endpoint are `__other__`; the status stays, for 256 further series, then it is `__other__` too |

            A route takes 18 series for the latency of each method, and one or two for each status. So 200 routes of two methods and
            six statuses each take 11,200, which leaves a quarter of the default free. A full worker takes 5 MiB of disk and adds about
            1.5 MB to an answer of `/metrics`.

            Totals stay exact: each request is counted once in every family, under `__other__` if need be. A worker that reaches
            15,000 series logs that once, `gunicorn_exporter_label_overflow_total{label="series"}` counts each recording that is
            merged so, `GunicornLabelOverflow` alerts on it, and `check` reports it. A worker whose files are at their largest
            (16 MiB), or whose disk is full, merges new series in the same way.

            A full worker has room again when its process is replaced, by `max_requests`, a reload or a crash: the new process skips
            the full slot and takes the next one, `worker_5` in place of `worker_1` for example. What the full slot counted stays
            and is served. When eight slots are full, or as many as there are workers if that is more, new processes continue the
            full ones until Gunicorn is restarted: an application that needs more series needs a higher bound, not more slots.

            ## Settings


            """);
        foreach (var section in ConfigurationVariables.Sections.Prepend(Files()))
        {
            text.Append(CultureInfo.InvariantCulture, $"### {section.Key}\n\n| Variable | In the file | Flag | Default | Set it to | Change | Meaning |\n|---|---|---|---|---|---|---|\n");
            foreach (var variable in section)
            {
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"| `{variable.Name}` | {Code(variable.Key)} | {Code(variable.Flag)} | {Code(variable.Default)} | {VariableParser.RuleOf(variable)} | {Change(variable.Renewal)} | {variable.Description} |\n");
            }
            text.Append('\n');
        }
        return text.ToString().TrimEnd('\n') + "\n";
    }

    private static IGrouping<string, ConfigurationVariable> Files() =>
        ConfigurationVariables.All.Where(variable => variable.Key is null).GroupBy(_ => "The file").Single();

    private static string Change(Renewal renewal) => renewal switch
    {
        Renewal.Reload => "reload",
        Renewal.GunicornReload => "reload of Gunicorn",
        _ => "start",
    };

    private static string Code(string? text) => text is null ? "" : $"`{text}`";

    [GeneratedRegex("^    #(?! )", RegexOptions.Multiline)]
    private static partial Regex CommentedSetting();
}

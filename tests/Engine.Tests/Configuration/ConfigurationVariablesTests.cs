using GunicornPrometheusExporter.Configuration;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Configuration;

public sealed class ConfigurationVariablesTests
{
    // Gunicorn's own settings, and those that only workers use.
    private static readonly string[] NotOfExporter =
    [
        "GUNICORN_WORKERS", "GUNICORN_TIMEOUT", "GUNICORN_KEEPALIVE", "GUNICORN_EXPORTER_MAX_LABEL_VALUES",
        "GUNICORN_EXPORTER_MAX_WORKER_SERIES", "GUNICORN_EXPORTER_ROUTES", "GUNICORN_EXPORTER_EXCLUDED_ROUTES",
        "GUNICORN_EXPORTER_EXCLUDED_REQUESTS", "GUNICORN_EXPORTER_LATENCY_STATUS", "GUNICORN_EXPORTER_METHODS", "GUNICORN_EXPORTER_EXTRA_LABELS",
        "GUNICORN_EXPORTER_TIME_TO_FIRST_BYTE", "GUNICORN_EXPORTER_SLOW_REQUEST_SECONDS", "GUNICORN_EXPORTER_LATENCY_BUCKETS",
        "GUNICORN_EXPORTER_SIZE_BUCKETS", "GUNICORN_EXPORTER_NATIVE_HISTOGRAMS",
        "GUNICORN_EXPORTER_NATIVE_HISTOGRAM_SCHEMA", "GUNICORN_EXPORTER_STACKS",
    ];

    [Fact]
    public void Every_setting_of_the_exporter_has_a_flag_unless_it_is_a_secret()
    {
        var without = ConfigurationVariables.All.Where(variable => variable.Flag is null).Select(variable => variable.Name);

        Assert.Equal(
            NotOfExporter.Concat(ConfigurationVariables.All.Where(variable => variable.Secret).Select(variable => variable.Name)).Order(),
            without.Order());
        Assert.Distinct(ConfigurationVariables.OfExporter.Select(variable => variable.Flag));
        Assert.All(ConfigurationVariables.OfExporter, variable => Assert.Matches("^--[a-z]+([.-][a-z]+)*$", variable.Flag));
    }

    [Fact]
    public void The_flags_of_Prometheus_exporters_have_their_names() => Assert.Subset(
        ConfigurationVariables.OfHub.Select(variable => variable.Flag).ToHashSet(),
        new HashSet<string?>
        {
            "--config.file", "--web.listen-address", "--web.systemd-socket", "--web.telemetry-path", "--web.config.file",
            "--web.enable-lifecycle",
        });

    [Fact]
    public void A_hub_has_no_workers_to_profile() =>
        Assert.DoesNotContain(ConfigurationVariables.WebEnableProfiling, ConfigurationVariables.OfHub);

    [Fact]
    public void A_list_is_a_sequence_in_the_file_or_has_commas()
    {
        var lists = ConfigurationFileReader.Read("x.yml", """
            exporter:
              web:
                listen_address: ["127.0.0.1:9091", "unix:/run/metrics.sock"]
              gunicorn:
                listener: 0.0.0.0:8000,unix:/run/app.sock
              labels:
                methods: [GET, PURGE]
                extra_labels: [host, "header:X-Tenant=acme|globex"]
            """);

        Assert.Empty(lists.Errors);
        Assert.Equal("127.0.0.1:9091,unix:/run/metrics.sock", lists.Settings[ConfigurationVariables.WebListenAddress].Text);
        Assert.Equal("0.0.0.0:8000,unix:/run/app.sock", lists.Settings[ConfigurationVariables.Listener].Text);
        Assert.Equal("GET,PURGE", lists.Settings[ConfigurationVariables.Methods].Text);
        Assert.Equal("host,header:X-Tenant=acme|globex", lists.Settings[ConfigurationVariables.ExtraLabels].Text);
        Assert.Contains(
            "x.yml:1:18: exporter.web.listen_address is \"here\"; set it to HOST:PORT",
            Assert.Single(ConfigurationFileReader.Read("x.yml", "exporter: {web: {listen_address: [here]}}").Errors),
            StringComparison.Ordinal);
    }
}

using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Forwarding;
using GunicornPrometheusExporter.Forwarding.Otlp;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding.Otlp;

public sealed class OtlpSettingsTests
{
    [Fact]
    public void The_variables_of_the_application_neither_switch_it_on_nor_cause_errors()
    {
        var config = Config(
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "nonsense"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
            ("OTEL_RESOURCE_ATTRIBUTES", "service.name"));

        Assert.Empty(config.Errors);
        Assert.False(Destination.IsWanted(config));
        Assert.True(Destination.IsWanted(Config(("OTLP_ENABLED", "true"))));
    }

    [Fact]
    public void It_exports_to_the_local_collector_by_default()
    {
        var settings = Of();

        Assert.Equal("http://localhost:4318/v1/metrics", settings.Receiver.Url.ToString());
        Assert.Equal((TimeSpan.FromSeconds(10), true), (settings.Timeout, settings.IsCompressed));
        Assert.Equal((TimeSpan.FromSeconds(15), null, 64L << 20), (settings.Buffer.Interval, settings.Buffer.Directory, settings.Buffer.MaximumBytes));
    }

    [Theory]
    [InlineData("http://c:4318/v1/metrics", "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318")]
    [InlineData("http://c:4318/v1/metrics", "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318/")]
    [InlineData("http://c/otlp/v1/metrics", "OTEL_EXPORTER_OTLP_ENDPOINT=http://c/otlp")]
    [InlineData("http://m/", "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=http://m")]
    [InlineData("http://own/x", "OTLP_URL=http://own/x", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=http://m")]
    public void Only_the_general_endpoint_gets_the_path_and_the_more_specific_one_wins(string url, params string[] variables) =>
        Assert.Equal(url, Of([.. variables.Select(Pair)]).Receiver.Url.ToString());

    [Fact]
    public void The_variables_of_the_metrics_win_over_the_general_ones_and_the_exporters_own_over_both()
    {
        foreach (var (own, standard, general, specific, ours, read) in (
            (string, string, string, string, string, Func<OtlpSettings, object?>)[])[
            ("OTLP_TIMEOUT", "TIMEOUT", "1000", "2000", "3000", settings => settings.Timeout.TotalMilliseconds.ToString("F0", null)),
            ("OTLP_COMPRESSION", "COMPRESSION", "gzip", "none", "gzip", settings => settings.IsCompressed ? "gzip" : "none"),
            ("OTLP_HEADERS", "HEADERS", "a=1", "a=2", "a=3", settings => $"a={settings.Receiver.Headers.Single().Value}"),
            ("OTLP_CA_FILE", "CERTIFICATE", "/1", "/2", "/3", settings => settings.Receiver.AuthorityFile),
            ("OTLP_CERT_FILE", "CLIENT_CERTIFICATE", "/1", "/2", "/3", settings => settings.Receiver.CertificateFile),
            ("OTLP_KEY_FILE", "CLIENT_KEY", "/1", "/2", "/3", settings => settings.Receiver.KeyFile)])
        {
            List<(string, string)> variables = own is "OTLP_CERT_FILE" ? [("OTLP_KEY_FILE", "/k")] : own is "OTLP_KEY_FILE" ? [("OTLP_CERT_FILE", "/c")] : [];
            variables.Add(($"OTEL_EXPORTER_OTLP_{standard}", general));
            Assert.Equal(general, read(Of([.. variables])));
            variables.Add(($"OTEL_EXPORTER_OTLP_METRICS_{standard}", specific));
            Assert.Equal(specific, read(Of([.. variables])));
            variables.Add((own, ours));
            Assert.Equal(ours, read(Of([.. variables])));
        }
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("http/json")]
    public void Another_protocol_is_an_error_that_names_the_variable_and_the_remedy(string protocol)
    {
        var config = Config(("OTLP_ENABLED", "true"), ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol));

        Assert.Equal(
            $"OTEL_EXPORTER_OTLP_PROTOCOL is \"{protocol}\", which the exporter does not support; set OTLP_PROTOCOL to http/protobuf",
            Assert.Single(config.Errors).Message);
        Assert.Throws<ConfigurationException>(() => Destination.Create(config));
        Assert.Empty(Config(("OTLP_ENABLED", "true"), ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol), ("OTLP_PROTOCOL", "http/protobuf")).Errors);
    }

    [Fact]
    public void Values_of_headers_are_decoded_and_never_shown()
    {
        var config = Config(("OTLP_ENABLED", "true"), ("OTEL_EXPORTER_OTLP_HEADERS", "Authorization=Bearer%20hunter2,x=y"));

        Assert.Equal([new("Authorization", "Bearer hunter2"), new("x", "y")], OtlpSettings.From(config).Receiver.Headers);
        using var printed = new StringWriter();
        config.PrintConfig(printed);
        Assert.DoesNotContain("hunter2", printed.ToString(), StringComparison.Ordinal);
        var fault = Assert.Throws<ConfigurationException>(() => Of(("OTLP_HEADERS", "a=b%0d%0aInjected:x")));
        Assert.Equal("OTLP_HEADERS contains an encoded control character; remove it", fault.Message);
    }

    [Fact]
    public void A_certificate_without_its_key_is_an_error() => Assert.Equal(
        "OTLP_CERT_FILE and OTLP_KEY_FILE belong together; set both or neither",
        Assert.Throws<ConfigurationException>(() => Of(("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "/c"))).Message);

    [Fact]
    public void The_resource_is_the_server()
    {
        var resource = Of(("GUNICORN_EXPORTER_INSTANCE", "h1")).Resource;

        Assert.Equal(("gunicorn", "h1", Environment.MachineName), (resource["service.name"], resource["service.instance.id"], resource["host.name"]));
        Assert.Equal(("linux", "gunicorn", "cpython"), (resource["os.type"], resource["process.executable.name"], resource["process.runtime.name"]));
    }

    [Theory]
    [InlineData("a", "OTEL_RESOURCE_ATTRIBUTES=service.name=a")]
    [InlineData("b", "OTEL_RESOURCE_ATTRIBUTES=service.name=a", "OTEL_SERVICE_NAME=b")]
    [InlineData("c", "OTEL_SERVICE_NAME=b", "OTLP_SERVICE_NAME=c")]
    [InlineData("d e,f", "OTLP_RESOURCE_ATTRIBUTES=service.name=d%20e%2Cf,x.y=z", "OTEL_RESOURCE_ATTRIBUTES=service.name=a")]
    public void The_name_of_the_service_is_found_as_the_specification_says(string name, params string[] variables) =>
        Assert.Equal(name, Of([.. variables.Select(Pair)]).Resource["service.name"]);

    [Theory]
    [InlineData("OTLP_RESOURCE_ATTRIBUTES", "a", "OTLP_RESOURCE_ATTRIBUTES is \"a\"; set it to attributes such as service.namespace=shop,team=a%20b, with values encoded as in URLs")]
    [InlineData("OTEL_EXPORTER_OTLP_TIMEOUT", "10s", "OTEL_EXPORTER_OTLP_TIMEOUT is \"10s\", which the exporter does not support; set OTLP_TIMEOUT to a whole number of at least 1")]
    public void An_invalid_value_is_an_error_of_the_forwarder_alone(string variable, string text, string message)
    {
        var config = Config(("OTLP_ENABLED", "true"), (variable, text));

        Assert.Equal(message, Assert.Single(config.Errors).Message);
        Assert.Empty(config.ServingErrors);
    }

    [Fact]
    public void The_file_overrides_the_variables_of_the_application()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory["e.yml"], "exporter: {otlp: {enabled: true, url: 'http://file/x', resource_attributes: {team.name: a}}}");
        var config = ExporterConfig.Load(new Dictionary<string, string>(), new Dictionary<string, string>
        {
            ["GUNICORN_EXPORTER_CONFIG_FILE"] = directory["e.yml"],
            ["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"] = "http://application",
            ["OTEL_SERVICE_NAME"] = "shop",
        });

        var settings = OtlpSettings.From(config);
        Assert.Equal(("http://file/x", "a", "shop"), (settings.Receiver.Url.ToString(), settings.Resource["team.name"], settings.Resource["service.name"]));
    }

    private static Destination Destination => Assert.Single(Destinations.All, destination => destination.Name == "otlp");

    private static (string, string) Pair(string variable) => (variable[..variable.IndexOf('=', StringComparison.Ordinal)], variable[(variable.IndexOf('=', StringComparison.Ordinal) + 1)..]);

    private static ExporterConfig Config(params (string Name, string Text)[] variables) =>
        new(variables.ToDictionary(variable => variable.Name, variable => variable.Text));

    private static OtlpSettings Of(params (string Name, string Text)[] variables) => OtlpSettings.From(Config([("OTLP_ENABLED", "true"), .. variables]));
}

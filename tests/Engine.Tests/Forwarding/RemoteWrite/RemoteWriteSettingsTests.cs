using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Forwarding;
using GunicornPrometheusExporter.Forwarding.RemoteWrite;
using GunicornPrometheusExporter.Metrics;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding.RemoteWrite;

public class RemoteWriteSettingsTests
{
    private static readonly (string, string) Url = ("REMOTE_WRITE_URL", "https://host/api/v1/write");

    [Fact]
    public void A_url_alone_is_enough()
    {
        var settings = Of(Url, ("GUNICORN_EXPORTER_INSTANCE", "h1"));

        Assert.Equal(new Uri("https://host/api/v1/write"), settings.Url);
        Assert.Equal((TimeSpan.FromSeconds(15), WriteProtocol.Unspecified), (settings.Interval, settings.Protocol));
        Assert.Equal([new Label("job", "gunicorn"), new Label("instance", "h1")], settings.Labels);
        Assert.Equal((null, 64L << 20), (settings.BufferDirectory, settings.BufferBytes));
    }

    [Fact]
    public void Labels_that_are_stated_win_over_job_and_instance()
    {
        var settings = Of(Url, ("REMOTE_WRITE_EXTERNAL_LABELS", "env=prod, instance=other"), ("GUNICORN_EXPORTER_INSTANCE", "h1"));

        Assert.Equal([new Label("job", "gunicorn"), new Label("instance", "other"), new Label("env", "prod")], settings.Labels);
    }

    [Theory]
    [InlineData("REMOTE_WRITE_PASSWORD is set without a user; set REMOTE_WRITE_USERNAME too", "PASSWORD")]
    [InlineData("REMOTE_WRITE_PASSWORD is set without a user; set REMOTE_WRITE_USERNAME too", "PASSWORD_FILE")]
    [InlineData("REMOTE_WRITE_PASSWORD and REMOTE_WRITE_PASSWORD_FILE are both set; unset one", "USERNAME", "PASSWORD", "PASSWORD_FILE")]
    [InlineData("REMOTE_WRITE_USERNAME and REMOTE_WRITE_BEARER_TOKEN_FILE are both set; unset one", "USERNAME", "BEARER_TOKEN_FILE")]
    [InlineData("REMOTE_WRITE_CERT_FILE and REMOTE_WRITE_KEY_FILE belong together; set both or neither", "CERT_FILE")]
    [InlineData("REMOTE_WRITE_CERT_FILE and REMOTE_WRITE_KEY_FILE belong together; set both or neither", "KEY_FILE")]
    public void Settings_that_make_no_sense_together_are_one_error_that_says_what_to_do(string message, params string[] names)
    {
        var fault = Assert.Throws<ConfigurationException>(() => Of([Url, .. names.Select(name => ($"REMOTE_WRITE_{name}", "/hunter2"))]));

        Assert.Equal(message, fault.Message);
    }

    [Fact]
    public void It_is_a_destination_once_a_url_is_set()
    {
        var destination = Assert.Single(Destinations.All, destination => destination.Name == "remote_write");

        Assert.False(destination.IsWanted(new(new Dictionary<string, string>())));
        Assert.True(destination.IsWanted(new(new Dictionary<string, string> { [Url.Item1] = Url.Item2 })));
    }

    private static RemoteWriteSettings Of(params (string Name, string Text)[] variables) =>
        RemoteWriteSettings.From(new(variables.ToDictionary(variable => variable.Name, variable => variable.Text)));
}

using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Exporter.Readings;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.Readings;

public sealed class TargetTests
{
    [Theory]
    [InlineData("10.0.0.7:9091", "http://10.0.0.7:9091/metrics", "")]
    [InlineData("localhost:9091", "http://localhost:9091/metrics", "")]
    [InlineData("[::1]:9091", "http://[::1]:9091/metrics", "")]
    [InlineData("http://host:9091", "http://host:9091/metrics", "")]
    [InlineData("http://host:9091/metrics", "http://host:9091/metrics", "")]
    [InlineData("https://host/behind/a/proxy/", "https://host/behind/a/proxy/metrics", "")]
    [InlineData("https://host/behind/metrics", "https://host/behind/metrics", "")]
    [InlineData("https://ops:p%40ss@host/metrics", "https://host/metrics", "ops:p@ss")]
    public void A_target_is_an_address_or_a_URL(string text, string metrics, string user)
    {
        var target = Target.Parse(text)!.At("/metrics");

        Assert.Equal(metrics, target.MetricsAddress.ToString());
        Assert.Equal(user, target.User);
    }

    [Theory]
    [InlineData("https://host/x/metrics", "https://host/x/metrics")]
    [InlineData("https://host/", "https://host/x/metrics")]
    [InlineData("https://host/proxy/x/metrics", "https://host/proxy/x/metrics")]
    public void Its_metrics_may_have_another_path(string text, string metrics)
    {
        var target = Target.Parse(text)!.At("/x/metrics");

        Assert.Equal(metrics, target.MetricsAddress.ToString());
    }

    [Fact]
    public void A_Unix_socket_is_named_as_it_is_given()
    {
        var target = Target.Parse("unix:/run/metrics.sock")!;

        Assert.Equal(("/run/metrics.sock", "unix:/run/metrics.sock"), (target.Socket, target.Name));
        Assert.Equal("http://unix:/run/metrics.sock:/metrics", target.TextOf(target.MetricsAddress));
    }

    [Theory]
    [InlineData("unix:run/metrics.sock")]
    [InlineData("")]
    [InlineData("ftp://host/metrics")]
    [InlineData("host:port")]
    [InlineData("http://")]
    [InlineData("file:///etc/passwd")]
    public void Anything_else_is_none(string text) => Assert.Null(Target.Parse(text));

    [Theory]
    [InlineData("0.0.0.0", "http://127.0.0.1:9191/metrics")]
    [InlineData("::", "http://127.0.0.1:9191/metrics")]
    [InlineData("::1", "http://[::1]:9191/metrics")]
    [InlineData("127.0.0.2", "http://127.0.0.2:9191/metrics")]
    [InlineData("localhost", "http://127.0.0.1:9191/metrics")]
    public void The_exporter_of_this_machine_is_where_the_configuration_binds_it(string bind, string metrics)
    {
        var config = new ExporterConfig(new Dictionary<string, string>
        {
            ["PROMETHEUS_BIND_ADDRESS"] = bind,
            ["PROMETHEUS_METRICS_PORT"] = "9191",
        });

        Assert.Equal(metrics, Target.Of(config).MetricsAddress.ToString());
    }

    [Fact]
    public void The_exporter_of_this_machine_is_at_its_first_listen_address()
    {
        var config = new ExporterConfig(new Dictionary<string, string>
        {
            ["GUNICORN_EXPORTER_WEB_LISTEN_ADDRESS"] = "unix:/run/metrics.sock,127.0.0.1:9191",
            ["GUNICORN_EXPORTER_WEB_TELEMETRY_PATH"] = "/x",
        });

        var target = Target.Of(config);

        Assert.Equal("http://unix:/run/metrics.sock:/x", target.TextOf(target.MetricsAddress));
    }
}

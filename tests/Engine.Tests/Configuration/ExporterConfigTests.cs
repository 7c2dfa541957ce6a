using System.Text.RegularExpressions;
using GunicornPrometheusExporter.Configuration;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Configuration;

public class ExporterConfigTests
{
    [Fact]
    public void Without_variables_every_setting_has_its_default()
    {
        var config = With();

        Assert.True(config.Validate());
        Assert.Equal(9091, config.PrometheusMetricsPort);
        Assert.Equal("::", config.PrometheusBindAddress);
        Assert.True(Path.IsPathRooted(config.PrometheusMultiprocDir));
        Assert.Equal(1, config.GunicornWorkers);
        Assert.Equal(30, config.GunicornTimeout);
        Assert.Equal(2, config.GunicornKeepalive);
        Assert.False(config.RedisEnabled);
        Assert.Equal("localhost", config.RedisHost);
        Assert.Equal(6379, config.RedisPort);
        Assert.Equal(0, config.RedisDb);
        Assert.Null(config.RedisPassword);
        Assert.Equal("gunicorn:metrics:", config.RedisKeyPrefix);
        Assert.Equal(30, config.RedisForwardInterval);
        Assert.True(config.CleanupDbFiles);
    }

    [Fact]
    public void Every_variable_sets_its_property()
    {
        var config = With(
            ("PROMETHEUS_METRICS_PORT", "65535"), ("PROMETHEUS_BIND_ADDRESS", "::1"),
            ("PROMETHEUS_MULTIPROC_DIR", "/srv/metrics/"), ("GUNICORN_WORKERS", "8"), ("GUNICORN_TIMEOUT", "0"),
            ("GUNICORN_KEEPALIVE", "5"), ("REDIS_ENABLED", "Yes"), ("REDIS_HOST", "redis.example"),
            ("REDIS_PORT", "1"), ("REDIS_DB", "3"), ("REDIS_PASSWORD", "hunter2"), ("REDIS_KEY_PREFIX", "p:"),
            ("REDIS_FORWARD_INTERVAL", "1"), ("CLEANUP_DB_FILES", "off"));

        Assert.Empty(config.Errors);
        Assert.Equal(65535, config.PrometheusMetricsPort);
        Assert.Equal("::1", config.PrometheusBindAddress);
        Assert.Equal("/srv/metrics", config.PrometheusMultiprocDir);
        Assert.Equal(8, config.GunicornWorkers);
        Assert.Equal(0, config.GunicornTimeout);
        Assert.Equal(5, config.GunicornKeepalive);
        Assert.True(config.RedisEnabled);
        Assert.Equal("redis.example", config.RedisHost);
        Assert.Equal(1, config.RedisPort);
        Assert.Equal(3, config.RedisDb);
        Assert.Equal("hunter2", config.RedisPassword);
        Assert.Equal("p:", config.RedisKeyPrefix);
        Assert.Equal(1, config.RedisForwardInterval);
        Assert.False(config.CleanupDbFiles);
    }

    [Theory]
    [InlineData("PROMETHEUS_METRICS_PORT", "abc", "a whole number from 1 to 65535")]
    [InlineData("PROMETHEUS_METRICS_PORT", "0", "a whole number from 1 to 65535")]
    [InlineData("PROMETHEUS_METRICS_PORT", "65536", "a whole number from 1 to 65535")]
    [InlineData("PROMETHEUS_METRICS_PORT", "9091.5", "a whole number from 1 to 65535")]
    [InlineData("PROMETHEUS_METRICS_PORT", "99999999999", "a whole number from 1 to 65535")]
    [InlineData("PROMETHEUS_BIND_ADDRESS", "not an address", "an IP address such as 127.0.0.1, 0.0.0.0 or ::, or to localhost")]
    [InlineData("PROMETHEUS_MULTIPROC_DIR", "/tmp/a\nb", "a path without line breaks")]
    [InlineData("REDIS_ENABLED", "maybe", "true, 1, yes or on, or to false, 0, no or off")]
    [InlineData("REDIS_HOST", "a\nb", "text without line breaks")]
    [InlineData("REDIS_PORT", "-6379", "a whole number from 1 to 65535")]
    [InlineData("REDIS_DB", "-1", "a whole number of at least 0")]
    [InlineData("REDIS_FORWARD_INTERVAL", "0", "a whole number of at least 1")]
    [InlineData("REMOTE_WRITE_URL", "ftp://host/write", "a URL such as https://host/path, without user and password")]
    [InlineData("REMOTE_WRITE_URL", "host:9090", "a URL such as https://host/path, without user and password")]
    [InlineData("REMOTE_WRITE_INTERVAL", "0", "a whole number of at least 1")]
    [InlineData("REMOTE_WRITE_PROTOCOL", "3.0", "auto or 1.0 or 2.0")]
    [InlineData("REMOTE_WRITE_EXTERNAL_LABELS", "env", "labels such as env=prod,region=eu; a name has letters, digits and _ only, and does not begin with __")]
    [InlineData("REMOTE_WRITE_EXTERNAL_LABELS", "a-b=c", "labels such as env=prod,region=eu; a name has letters, digits and _ only, and does not begin with __")]
    [InlineData("REMOTE_WRITE_EXTERNAL_LABELS", "__name__=c", "labels such as env=prod,region=eu; a name has letters, digits and _ only, and does not begin with __")]
    [InlineData("REMOTE_WRITE_EXTERNAL_LABELS", "a=b,a=c", "labels such as env=prod,region=eu; a name has letters, digits and _ only, and does not begin with __")]
    [InlineData("REMOTE_WRITE_BUFFER_BYTES", "10", "a whole number of at least 1048576")]
    [InlineData("CLEANUP_DB_FILES", "2", "true, 1, yes or on, or to false, 0, no or off")]
    public void A_bad_value_is_one_error_that_names_variable_value_and_remedy(string variable, string value, string remedy)
    {
        var config = With((variable, value));

        Assert.False(config.Validate());
        var error = Assert.Single(config.Errors);
        Assert.Equal(new ConfigurationError(variable, value, remedy), error);
        Assert.Equal($"{variable} is \"{value}\"; set it to {remedy}", error.Message);
    }

    [Theory]
    [InlineData("GUNICORN_WORKERS", "auto", "a whole number of at least 1")]
    [InlineData("GUNICORN_TIMEOUT", "-1", "a whole number of at least 0")]
    [InlineData("GUNICORN_KEEPALIVE", "2s", "a whole number of at least 0")]
    [InlineData("REDIS_PORT", "tcp://10.96.0.12:6379", "a whole number from 1 to 65535")]
    [InlineData("PROMETHEUS_METRICS_PORT", "tcp://10.96.0.12:9091", "a whole number from 1 to 65535")]
    public void A_variable_that_is_plainly_another_programs_is_ignored_with_a_warning(string variable, string value, string rule)
    {
        var config = With((variable, value));

        Assert.Empty(config.Errors);
        Assert.Equal(
            $"ignoring {variable}=\"{value}\" of the environment, which another program seems to use; to set it for the exporter, use {rule}",
            Assert.Single(config.Warnings));
        Assert.Equal("default", config.PlaceOf(ConfigurationVariables.All.Single(known => known.Name == variable)));
    }

    [Theory]
    [InlineData("REDIS_FORWARD_INTERVAL", "many")]
    [InlineData("REDIS_URL", "memcached://host")]
    public void A_variable_of_Redis_is_ignored_with_a_warning_unless_the_exporter_forwards_there(string variable, string value)
    {
        var unused = With((variable, value), ("REDIS_ENABLED", ""));
        Assert.Empty(unused.Errors);
        Assert.StartsWith($"ignoring {variable}=\"{value}\" of the environment", Assert.Single(unused.Warnings), StringComparison.Ordinal);

        var used = With((variable, value), ("REDIS_ENABLED", "yes"));
        Assert.Equal(variable, Assert.Single(used.Errors).Variable);
        Assert.Empty(used.Warnings);

        Assert.Equal(variable, Assert.Single(With().With(new Dictionary<string, string> { [variable] = value }).Errors).Variable);
    }

    [Fact]
    public void The_same_text_as_a_flag_is_an_error() => Assert.Equal(
        "GUNICORN_WORKERS is \"auto\"; set it to a whole number of at least 1",
        Assert.Single(With().With(new Dictionary<string, string> { ["GUNICORN_WORKERS"] = "auto" }).Errors).Message);

    [Fact]
    public void The_older_spelling_of_the_directorys_variable_counts_too() =>
        Assert.Equal("/srv/old", With(("prometheus_multiproc_dir", "/srv/old")).PrometheusMultiprocDir);

    [Theory]
    [InlineData("true", true)]
    [InlineData("1", true)]
    [InlineData("YES", true)]
    [InlineData("on", true)]
    [InlineData("False", false)]
    [InlineData("0", false)]
    [InlineData("no", false)]
    [InlineData("off", false)]
    public void A_boolean_has_eight_spellings(string text, bool value) =>
        Assert.Equal(value, With(("REDIS_ENABLED", text)).RedisEnabled);

    [Fact]
    public void Every_error_is_reported_at_once()
    {
        var config = With(("REDIS_PORT", "x"), ("PROMETHEUS_METRICS_PORT", "x"), ("CLEANUP_DB_FILES", "x"));

        Assert.Equal(
            ["PROMETHEUS_METRICS_PORT", "REDIS_PORT", "CLEANUP_DB_FILES"], config.Errors.Select(error => error.Variable));
    }

    [Fact]
    public void A_property_whose_variable_is_bad_throws_naming_it_and_the_others_keep_their_values()
    {
        var config = With(("REDIS_PORT", "x"), ("REDIS_DB", "4"));

        var failure = Assert.Throws<ConfigurationException>(() => config.RedisPort);
        Assert.Equal("REDIS_PORT is \"x\"; set it to a whole number from 1 to 65535", failure.Message);
        Assert.Equal(4, config.RedisDb);
    }

    [Fact]
    public void An_empty_variable_counts_as_unset() =>
        Assert.Equal(9091, With(("PROMETHEUS_METRICS_PORT", "")).PrometheusMetricsPort);

    [Fact]
    public void A_relative_directory_counts_from_the_current_one() =>
        Assert.Equal(
            Path.Combine(Environment.CurrentDirectory, "metrics"),
            With(("PROMETHEUS_MULTIPROC_DIR", "metrics")).PrometheusMultiprocDir);

    [Fact]
    public void Each_variable_that_names_a_file_counts_from_the_current_directory() => Assert.All(
        ConfigurationVariables.All.Where(variable => variable.Name.EndsWith("_FILE", StringComparison.Ordinal)),
        variable => Assert.Equal(VariableKind.Path, variable.Kind));

    [Theory]
    [InlineData("x")]
    [InlineData("a much longer password than the mask")]
    public void A_password_is_shown_as_a_mask_of_fixed_length(string password)
    {
        var config = With(("REDIS_PASSWORD", password));

        Assert.Contains("  REDIS_PASSWORD = ******** (environment)\n", Printed(config), StringComparison.Ordinal);
        Assert.Contains(KeyValuePair.Create("redis_password", (object?)"********"), config.Settings());
    }

    [Fact]
    public void A_bad_password_is_not_shown_in_its_error()
    {
        var config = With(("REDIS_PASSWORD", "hunter2\nhunter3"));

        Assert.Equal("********", Assert.Single(config.Errors).Value);
        Assert.DoesNotContain("hunter", Printed(config), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("REMOTE_WRITE_URL", "https://user:hunter2@host/")]
    [InlineData("REMOTE_WRITE_HEADERS", "Content-Type=hunter2")]
    [InlineData("REMOTE_WRITE_HEADERS", "hunter2")]
    public void A_bad_value_that_holds_a_secret_is_not_shown_in_its_error(string variable, string value)
    {
        var config = With((variable, value));

        Assert.Equal("********", Assert.Single(config.Errors).Value);
        Assert.DoesNotContain("hunter", Printed(config), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://host/write?token=hunter2", "https://host/write?********")]
    [InlineData("https://host/write#hunter2", "https://host/write#********")]
    [InlineData("https://host/write", "https://host/write")]
    public void What_a_url_may_hold_of_secrets_is_not_shown(string url, string shown)
    {
        var config = With(("REMOTE_WRITE_URL", url));

        Assert.Equal(url, config.RemoteWriteUrl);
        Assert.Contains($"  REMOTE_WRITE_URL = {shown} (environment)\n", Printed(config), StringComparison.Ordinal);
        Assert.Contains(KeyValuePair.Create("remote_write_url", (object?)shown), config.Settings());
    }

    [Fact]
    public void The_query_of_a_bad_url_is_not_shown_in_its_error()
    {
        var config = With(("REMOTE_WRITE_URL", "ftp://host/write?token=hunter2"));

        Assert.Equal("ftp://host/write?********", Assert.Single(config.Errors).Value);
        Assert.DoesNotContain("hunter", Printed(config), StringComparison.Ordinal);
    }

    [Fact]
    public void The_print_has_a_line_for_every_variable_and_every_error()
    {
        var lines = Printed(With(("REDIS_DB", "none"))).TrimEnd().Split('\n');

        Assert.Equal(1 + ConfigurationVariables.All.Length + 1, lines.Length);
        Assert.Contains("  PROMETHEUS_METRICS_PORT = 9091 (default)", lines);
        Assert.Contains("  REDIS_DB = (error)", lines);
        Assert.Contains("  REDIS_PASSWORD = (not set)", lines);
        Assert.Equal("  error: REDIS_DB is \"none\"; set it to a whole number of at least 0", lines[^1]);
    }

    [Fact]
    public void The_groups_hold_what_belongs_to_gunicorn_and_to_the_metrics_server()
    {
        var config = With(("GUNICORN_WORKERS", "4"), ("PROMETHEUS_MULTIPROC_DIR", "/srv/m"));

        Assert.Equal(
            new Dictionary<string, object> { ["workers"] = 4, ["timeout"] = 30, ["keepalive"] = 2 },
            config.GetGunicornConfig());
        Assert.Equal(
            new Dictionary<string, object> { ["metrics_port"] = 9091, ["bind_address"] = "::", ["multiproc_dir"] = "/srv/m" },
            config.GetPrometheusConfig());
    }

    [Fact]
    public void A_group_with_a_bad_variable_throws_naming_it()
    {
        var config = With(("PROMETHEUS_METRICS_PORT", "x"));

        Assert.StartsWith(
            "PROMETHEUS_METRICS_PORT", Assert.Throws<ConfigurationException>(config.GetPrometheusConfig).Message, StringComparison.Ordinal);
        Assert.Equal(3, config.GetGunicornConfig().Count);
    }

    [Fact]
    public void Each_variable_is_declared_once_with_a_description()
    {
        var declared = typeof(ConfigurationVariables).GetProperties().Where(property => property.PropertyType == typeof(ConfigurationVariable));

        Assert.Equal(declared.Select(property => property.GetValue(null)).ToHashSet(), ConfigurationVariables.All.ToHashSet<object?>());
        Assert.Equal(ConfigurationVariables.All.Length, ConfigurationVariables.All.Select(variable => variable.Name).Distinct().Count());
        Assert.All(ConfigurationVariables.All, variable => Assert.NotEmpty(variable.Description));
        Assert.Equal(["GUNICORN_EXPORTER_CONFIG_FILE"], ConfigurationVariables.All.Where(variable => variable.Key is null).Select(variable => variable.Name));
        Assert.Distinct(ConfigurationVariables.All.Select(variable => variable.Key));
    }

    [Fact]
    public void Every_variable_is_read_by_a_property_that_something_uses()
    {
        var others = Documentation.Sources.Where(source => !source.Key.EndsWith("ConfigurationVariables.cs", StringComparison.Ordinal))
            .Select(source => source.Value).ToArray();
        var unused = typeof(ConfigurationVariables).GetProperties()
            .Where(property => property.PropertyType == typeof(ConfigurationVariable))
            .Where(property => typeof(ExporterConfig).GetProperty(property.Name) is null
                || !others.Any(text => Regex.IsMatch(text, $@"(?<!ConfigurationVariables)\.{property.Name}\b|= {property.Name},")));

        Assert.Empty(unused.Select(property => property.Name));
    }

    /// <summary>The configuration from these variables, with forwarding to Redis if it is about that and they do not say otherwise.</summary>
    private static ExporterConfig With(params (string Name, string Text)[] variables)
    {
        var all = variables.ToDictionary(variable => variable.Name, variable => variable.Text);
        if (all.Keys.Any(name => name.StartsWith("REDIS_", StringComparison.Ordinal))) all.TryAdd("REDIS_ENABLED", "true");
        return new(all);
    }

    private static string Printed(ExporterConfig config)
    {
        using var text = new StringWriter();
        config.PrintConfig(text);
        return text.ToString();
    }
}

using System.Text;
using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Metrics;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Configuration;

public sealed class ConfigurationFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Path => System.IO.Path.Combine(_directory.Path, "exporter.yml");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void What_the_file_states_is_in_force_with_its_line()
    {
        var config = Load(
            """
            exporter:
              prometheus: {metrics_port: 9292, multiproc_dir: "/srv/metrics"}
              redis:
                enabled: true
                password: hunter2
              remote_write:
                external_labels: {env: prod, region: eu}
                headers: "X-Scope-OrgID=me"
              cleanup:
            """);

        Assert.Empty(config.Errors);
        Assert.Equal((9292, "/srv/metrics", true), (config.PrometheusMetricsPort, config.PrometheusMultiprocDir, config.RedisEnabled));
        Assert.Equal("hunter2", config.RedisPassword);
        Assert.Equal(("env=prod,region=eu", "X-Scope-OrgID=me"), (config.RemoteWriteExternalLabels, config.RemoteWriteHeaders));
        Assert.True(config.CleanupDbFiles);
        Assert.Equal($"{Path}:5", config.PlaceOf(ConfigurationVariables.RedisPassword));
        Assert.Contains($"  PROMETHEUS_METRICS_PORT = 9292 ({Path}:2)\n", Printed(config), StringComparison.Ordinal);
        Assert.Contains($"  REDIS_PASSWORD = ******** ({Path}:5)\n", Printed(config), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[\"^/a -> /a\", \"^/b -> /{b}\"]")]
    [InlineData("\"^/a -> /a; ^/b -> /{b}\"")]
    public void Patterns_of_routes_are_a_list_or_a_text(string patterns)
    {
        var config = Load($"exporter: {{labels: {{routes: {patterns}}}}}");

        Assert.Empty(config.Errors);
        Assert.Equal("/{b}", config.Routes!.Find("/b/7"));
        Assert.Contains(KeyValuePair.Create("gunicorn_exporter_routes", (object?)"^/a -> /a; ^/b -> /{b}"), config.Settings());
    }

    [Theory]
    [InlineData("[\"^/a; -> /a\"]", "exporter.labels.routes contains a semicolon")]
    [InlineData("[\"^/( -> /a\"]", "Not enough )'s")]
    [InlineData("{\"^/a\": /a}", "routes must be a string")]
    public void A_wrong_pattern_of_routes_is_an_error_with_its_line(string patterns, string error)
    {
        var config = Load($"exporter: {{labels: {{routes: {patterns}}}}}");

        Assert.Contains($"{Path}:1:", Assert.Single(config.Errors).Message, StringComparison.Ordinal);
        Assert.Contains(error, config.Errors[0].Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, true, true, "flag", "from-flag")]
    [InlineData(false, true, true, "environment", "from-environment")]
    [InlineData(false, false, true, "file", "from-file")]
    [InlineData(false, false, false, "default", "localhost")]
    public void A_flag_wins_over_the_environment_that_over_the_file_and_that_over_the_default(
        bool isFlag, bool isVariable, bool isInFile, string source, string host)
    {
        File.WriteAllText(Path, isInFile ? "exporter: {redis: {host: from-file}}" : "");
        Dictionary<string, string> flags = isFlag ? new() { ["REDIS_HOST"] = "from-flag" } : [];
        var variables = new Dictionary<string, string> { ["GUNICORN_EXPORTER_CONFIG_FILE"] = Path };
        if (isVariable) variables["REDIS_HOST"] = "from-environment";

        var config = ExporterConfig.Load(flags, variables);

        Assert.Equal(host, config.RedisHost);
        Assert.Equal(source == "file" ? $"{Path}:1" : source, config.PlaceOf(ConfigurationVariables.RedisHost));
    }

    [Fact]
    public void A_list_of_bounds_is_a_list_in_the_file_and_has_commas_in_the_environment()
    {
        var config = Load("exporter: {buckets: {latency: [0.001, 0.5, 2]}}", ("GUNICORN_EXPORTER_SIZE_BUCKETS", "100, 1e6"));

        Assert.Equal([.001, .5, 2], config.LatencyBuckets);
        Assert.Equal([100, 1e6], config.SizeBuckets);
        Assert.Equal(["GUNICORN_EXPORTER_LATENCY_BUCKETS=0.001,0.5,2"], config.RecordingVariables.Select(pair => $"{pair.Key}={pair.Value}"));
        Assert.Equal(MetricCatalogue.LatencyBuckets, new ExporterConfig(new Dictionary<string, string>()).LatencyBuckets);
    }

    [Theory]
    [InlineData("{\"*\": 5, /reports/*: 60}")]
    [InlineData("5,/reports/*=60")]
    public void Thresholds_of_routes_are_a_mapping_or_a_text(string thresholds)
    {
        var config = Load($"exporter: {{incidents: {{slow_request_seconds: {(thresholds[0] == '{' ? thresholds : $"\"{thresholds}\"")}}}}}");

        Assert.Empty(config.Errors);
        Assert.Equal((5, 60), (config.SlowRequestSeconds.Of("/", 30), config.SlowRequestSeconds.Of("/reports/{id}", 30)));
    }

    [Fact]
    public void A_flag_names_another_file_than_the_environment()
    {
        File.WriteAllText(Path, "exporter: {redis: {db: 7}}");

        var config = ExporterConfig.Load(
            new Dictionary<string, string> { ["GUNICORN_EXPORTER_CONFIG_FILE"] = Path },
            new Dictionary<string, string> { ["GUNICORN_EXPORTER_CONFIG_FILE"] = "/nowhere" });

        Assert.Equal(7, config.RedisDb);
    }

    [Fact]
    public void An_empty_variable_leaves_the_setting_to_the_file_and_an_empty_flag_to_the_default()
    {
        var config = Load("exporter: {redis: {host: from-file}}", ("REDIS_HOST", ""));

        Assert.Equal("from-file", config.RedisHost);
        Assert.Equal("localhost", config.With(new Dictionary<string, string> { ["REDIS_HOST"] = "" }).RedisHost);
    }

    [Theory]
    [InlineData("exporter:\n  redis:\n    prot: 1", "3:5: exporter.redis has no setting \"prot\"; did you mean port?")]
    [InlineData("exporter:\n  rdis: {}", "2:3: exporter has no setting \"rdis\"; did you mean redis?")]
    [InlineData("prometheus: {}", "1:1: the file has no setting \"prometheus\"; known names are exporter")]
    [InlineData("exporter:\n  redis: {port: 1,\n    port: 2}", "3:5: port appears twice; remove one")]
    [InlineData("exporter:\n  redis: 5", "2:10: exporter.redis must be a mapping, with \"name: value\" on separate lines")]
    [InlineData("exporter: {redis: {port: [1]}}", "1:26: port must be a string")]
    [InlineData("exporter: {redis: {port: *a}}", "1:26: port must be a string")]
    [InlineData("exporter: {redis: {port: many}}", "1:20: exporter.redis.port is \"many\"; set it to a whole number from 1 to 65535")]
    [InlineData("exporter: {redis: {port: 65536}}", "1:20: exporter.redis.port is \"65536\"; set it to a whole number from 1 to 65535")]
    [InlineData("exporter: {redis: {enabled: maybe}}", "1:20: exporter.redis.enabled is \"maybe\"; set it to true, 1, yes or on, or to false, 0, no or off")]
    [InlineData("exporter: {redis: {url: 'reds://:hunter2@a'}}", "1:20: exporter.redis.url is \"reds://:********@a\"; set it to a URL such as redis://user:password@host:6379/0, rediss://host or unix:///run/redis.sock (it does not begin with redis://, rediss://, sentinel:// or unix://)")]
    [InlineData("exporter: {remote_write: {url: 'https://user:hunter2@a'}}", "1:27: exporter.remote_write.url is \"********\"; set it to a URL such as https://host/path, without user and password")]
    [InlineData("exporter: {remote_write: {headers: {X: 'a,b'}}}", "1:37: exporter.remote_write.headers.X contains a comma, which is not supported; remove it")]
    [InlineData("exporter: {remote_write: {external_labels: {a-b: c}}}", "1:27: exporter.remote_write.external_labels is \"a-b=c\"; set it to labels such as env=prod,region=eu; a name has letters, digits and _ only, and does not begin with __")]
    [InlineData("exporter: {buckets: {latency: [1, .5]}}", "1:22: exporter.buckets.latency is \"1,.5\"; set it to 1 to 32 ascending positive numbers with commas between them")]
    [InlineData("exporter: {buckets: {latency: [0, 1]}}", "1:22: exporter.buckets.latency is \"0,1\"; set it to 1 to 32 ascending positive numbers with commas between them")]
    [InlineData("exporter: {buckets: {size: '1,NaN'}}", "1:22: exporter.buckets.size is \"1,NaN\"; set it to 1 to 32 ascending positive numbers with commas between them")]
    [InlineData("exporter: {redis: {port: 1}}\n--- a", "2:1: a second document begins here; remove it")]
    public void What_is_wrong_in_a_file_is_one_error_with_its_place(string text, string sentence)
    {
        var config = Load(text);

        Assert.False(config.Validate());
        Assert.Equal($"{Path}:{sentence}", Assert.Single(config.Errors).Message);
        Assert.NotEmpty(config.ServingErrors);
        Assert.DoesNotContain("hunter", Printed(config), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_error_of_the_file_and_the_environment_is_told_at_once() => Assert.Equal(
        [
            $"{Path}:2:11: exporter.redis.port is \"0\"; set it to a whole number from 1 to 65535",
            $"{Path}:2:20: exporter.redis has no setting \"hots\"; did you mean host?",
            "REDIS_DB is \"none\"; set it to a whole number of at least 0",
        ],
        Load("exporter:\n  redis: {port: 0, hots: a}", ("REDIS_DB", "none"), ("REDIS_ENABLED", "true")).Errors.Select(error => error.Message));

    [Fact]
    public void A_setting_that_the_file_states_wrongly_throws_and_the_others_have_their_values()
    {
        var config = Load("exporter: {redis: {port: 0, host: a}}");

        Assert.Equal("a", config.RedisHost);
        Assert.Contains("exporter.redis.port is \"0\"", Assert.Throws<ConfigurationException>(() => config.RedisPort).Message, StringComparison.Ordinal);
        Assert.Contains("  REDIS_PORT = (error)\n", Printed(config), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_text_is_one_error()
    {
        Assert.StartsWith($"{Path} does not exist; name a file that user ", Error(), StringComparison.Ordinal);

        Directory.CreateDirectory(Path);
        Assert.StartsWith($"{Path} is a directory; name a file that user ", Error(), StringComparison.Ordinal);
        Directory.Delete(Path);

        File.WriteAllBytes(Path, [.. "exporter:\n  "u8, 0xC3, 0x28]);
        Assert.Equal($"{Path} is not UTF-8 at byte 12; save it as UTF-8", Error());

        File.WriteAllText(Path, "exporter:\n  redis: {}\0\n");
        Assert.Equal($"{Path}:2: this line contains a NUL byte; is this a text file?", Error());

        File.WriteAllText(Path, new string('#', 300_000));
        Assert.Equal($"{Path} is larger than 262144 bytes; remove what is not a setting", Error());

        File.WriteAllText(Path, "exporter: {redis");
        Assert.StartsWith($"{Path}:2:1: invalid YAML: ", Error(), StringComparison.Ordinal);

        File.WriteAllText(Path, "exporter:\n\tredis: {}\n");
        Assert.StartsWith($"{Path}:2:1: invalid YAML: ", Error(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_byte_order_mark_is_passed_over()
    {
        File.WriteAllText(Path, "exporter: {redis: {db: 3}}", new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));

        Assert.Equal(3, Load().RedisDb);
    }

    [Fact]
    public void Secrets_that_every_user_can_read_are_warned_of()
    {
        Assert.Empty(Load("exporter: {redis: {port: 1}}").Warnings);
        var config = Load("exporter: {redis: {password: hunter2}}");
        File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Assert.Equal($"{Path} contains secrets and every user of this machine can read it; restrict its permissions (chmod o-r)", Assert.Single(config.Warnings));

        File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        Assert.Empty(config.Warnings);
    }

    [Fact]
    public void What_the_file_states_for_processes_that_record_is_told_apart() => Assert.Equal(
        [new("GUNICORN_EXPORTER_NATIVE_HISTOGRAMS", "true")],
        Load(
            "exporter: {labels: {max_values: 7}, buckets: {native: true}, redis: {db: 1}}", ("GUNICORN_EXPORTER_MAX_LABEL_VALUES", "9"))
            .RecordingVariables);

    private string Error() => Assert.Single(Load().Errors).Message;

    private ExporterConfig Load(string text, params (string Name, string Text)[] variables)
    {
        File.WriteAllText(Path, text);
        return Load(variables);
    }

    private ExporterConfig Load(params (string Name, string Text)[] variables) => ExporterConfig.Load(
        new Dictionary<string, string>(),
        variables.Append(("GUNICORN_EXPORTER_CONFIG_FILE", Path)).ToDictionary());

    private static string Printed(ExporterConfig config)
    {
        using var text = new StringWriter();
        config.PrintConfig(text);
        return text.ToString();
    }
}

using GunicornPrometheusExporter.Configuration;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Configuration;

public class RedisSettingsTests
{
    [Theory]
    [InlineData("redis://a", false, null, null, "a:", null)]
    [InlineData("REDIS://a:1/0", false, null, null, "a:1", 0)]
    [InlineData("rediss://user:p%40ss:w/rd@a.example:6380/15", true, "user", "p@ss:w/rd", "a.example:6380", 15)]
    [InlineData("redis://:secret@10.0.0.1/", false, null, "secret", "10.0.0.1:", null)]
    [InlineData("redis://user@a", false, "user", null, "a:", null)]
    [InlineData("redis://a:1,b,[::1]:3/2", false, null, null, "a:1 b: ::1:3", 2)]
    public void A_URL_states_the_way_to_Redis(string text, bool isSsl, string? username, string? password, string hosts, int? db)
    {
        var url = With(("REDIS_URL", text)).RedisUrl!;

        Assert.Equal(
            (isSsl, username, password, hosts, db),
            (url.IsSsl, url.Username, url.Password, string.Join(' ', url.Hosts.Select(host => $"{host.Name}:{host.Port}")), url.Db));
    }

    [Theory]
    [InlineData("reds://:hunter2@a", "it does not begin with redis://, rediss://, sentinel:// or unix://")]
    [InlineData("localhost:6379", "it does not begin with redis://, rediss://, sentinel:// or unix://")]
    [InlineData("redis://", "a host is missing or invalid, or a port is not a number from 1 to 65535")]
    [InlineData("redis://:hunter2@", "a host is missing or invalid, or a port is not a number from 1 to 65535")]
    [InlineData("redis://a,,b", "a host is missing or invalid, or a port is not a number from 1 to 65535")]
    [InlineData("redis://a:0", "a host is missing or invalid, or a port is not a number from 1 to 65535")]
    [InlineData("redis://a:65536", "a host is missing or invalid, or a port is not a number from 1 to 65535")]
    [InlineData("redis://a:port", "a host is missing or invalid, or a port is not a number from 1 to 65535")]
    [InlineData("redis://a b", "a host is missing or invalid, or a port is not a number from 1 to 65535")]
    [InlineData("redis://a/-1", "the part after the slash is not a database number")]
    [InlineData("redis://a/zero", "the part after the slash is not a database number")]
    [InlineData("redis://a?db=x", "the option db has a value that is not supported")]
    [InlineData("rediss://a?ssl_cert_reqs=maybe", "the option ssl_cert_reqs has a value that is not supported")]
    [InlineData("rediss://a?ssl_check_hostname=perhaps", "the option ssl_check_hostname has a value that is not supported")]
    [InlineData("rediss://a?ssl_certfile=client.pem", "the option ssl_certfile is not an absolute path")]
    [InlineData("rediss://a?ssl_ca_path=/etc/ssl/certs", "the option ssl_ca_path is not supported; remove it")]
    [InlineData("redis://a/1;redis://b/2", "its URLs differ in more than their hosts")]
    [InlineData("redis://:hunter2@a,rediss://:hunter2@b", "its URLs differ in more than their hosts")]
    [InlineData("redis://a,redis://", "a host is missing or invalid, or a port is not a number from 1 to 65535")]
    [InlineData("unix://run/redis.sock", "the path of the socket does not begin with /")]
    public void A_bad_URL_is_one_error_that_shows_no_secret_of_it(string text, string fault)
    {
        var error = Assert.Single(With(("REDIS_URL", text)).Errors);

        if (text.StartsWith("redis://:hunter2@a,", StringComparison.Ordinal)) text = "redis://:hunter2@b";
        Assert.Equal(
            $"REDIS_URL is \"{text.Replace("hunter2", "********", StringComparison.Ordinal).Replace("a:port", "a:********", StringComparison.Ordinal)}\"; " +
            $"set it to a URL such as redis://user:password@host:6379/0, rediss://host or unix:///run/redis.sock ({fault})", error.Message);
    }

    [Theory]
    [InlineData("redis://h:6379/x", "redis://h:6379/x")]
    [InlineData("http://user:hunter2@h:1/x?db=1", "http://user:********@h:1/x?db=1")]
    [InlineData("hunter2@h", "********@h")]
    [InlineData("redis://hunter2@h/x", "redis://********@h/x")]
    [InlineData("redis://:hunter2", "redis://:********")]
    [InlineData("redis://:hunt@r2@h/x", "redis://:********@h/x")]
    [InlineData("redis://h/x?password=hunter2&db=1", "redis://h/x?password=********&db=1")]
    [InlineData("redis://h/x?password=hunt@er2", "redis://********@er2")]
    [InlineData("redis://[::1]:6379/x", "redis://[::1]:6379/x")]
    [InlineData("sentinel://:hunter2@a;sentinel://:hunter3@b", "sentinel://:********@b")]
    [InlineData("redis://h?sentinel_password=hunter2;redis://b", "redis://h?sentinel_password=********")]
    public void Only_the_secret_of_a_URL_is_masked(string text, string shown) => Assert.Equal(shown, RedisUrl.Shown(text));

    [Theory]
    [InlineData("rediss://:p@h:6379/0?ssl_cert_reqs=none", true, null, null, 0)]
    [InlineData("rediss://h?ssl_cert_reqs=required&ssl_ca_certs=/etc/ca.pem&socket_timeout=5", false, "/etc/ca.pem", null, null)]
    [InlineData("redis://h/3?db=1&decode_responses=True", false, null, null, 1)]
    [InlineData("unix:///run/redis.sock?db=0", false, null, "/run/redis.sock", 0)]
    [InlineData("unix://:p@/run/redis.sock", false, null, "/run/redis.sock", null)]
    [InlineData("redis+socket:///run/redis.sock?virtual_host=2", false, null, "/run/redis.sock", 2)]
    [InlineData("socket:///run/redis.sock", false, null, "/run/redis.sock", null)]
    [InlineData("rediss://h/0?ssl_cert_reqs=CERT_NONE", true, null, null, 0)]
    [InlineData("rediss://h/0?ssl_cert_reqs=CERT_OPTIONAL&ssl_ca_certs=%2Fetc%2Fca.pem", false, "/etc/ca.pem", null, 0)]
    public void The_query_of_redis_py_and_Celery_is_understood(string text, bool isUnverified, string? authorities, string? socket, int? db)
    {
        var url = With(("REDIS_URL", text)).RedisUrl!;

        Assert.Equal((isUnverified, authorities, socket, db), (url.IsUnverified, url.CaFile, url.SocketPath, url.Db));
    }

    [Theory]
    [InlineData("sentinel://:p@a:1;sentinel://:p@b;sentinel://:p@c:3/2", "a:1 b: c:3", "p", 2)]
    [InlineData("sentinel://a:1/0", "a:1", null, 0)]
    [InlineData("redis://:p@a:1/2;redis://b", "a:1 b:", "p", 2)]
    [InlineData("redis://:p@a:1/2, redis://:p@b:1/2", "a:1 b:1", "p", 2)]
    [InlineData("redis://:p;,w@a:1,b:1/2", "a:1 b:1", "p;,w", 2)]
    public void The_lists_of_Celery_and_Django_are_understood(string text, string hosts, string? password, int? db)
    {
        var config = With(("REDIS_URL", text));

        Assert.Empty(config.Errors);
        var url = config.RedisUrl!;
        Assert.Equal(
            (hosts, password, db), (string.Join(' ', url.Hosts.Select(host => $"{host.Name}:{host.Port}")), url.Password, url.Db));
    }

    [Fact]
    public void The_namesakes_variable_names_the_server_unless_ours_does()
    {
        Assert.Equal("a", With(("PROMETHEUS_REDIS_URL", "redis://a")).RedisUrl!.Hosts[0].Name);
        Assert.Equal("b", With(("PROMETHEUS_REDIS_URL", "redis://a"), ("REDIS_URL", "redis://b")).RedisUrl!.Hosts[0].Name);
        Assert.Equal(7, With(("SIDECAR_UPDATE_INTERVAL", "7")).RedisForwardInterval);
    }

    [Theory]
    [InlineData("web 1")]
    [InlineData("{web}")]
    [InlineData("@index")]
    [InlineData("-web")]
    [InlineData("wéb")]
    [InlineData("a\nb")]
    public void An_instance_of_odd_characters_is_one_error(string text) => Assert.Equal(
        $"GUNICORN_EXPORTER_INSTANCE is \"{text}\"; set it to " +
        "1 to 200 letters, digits, dots, underscores, hyphens and colons, a letter or digit first",
        Assert.Single(With(("GUNICORN_EXPORTER_INSTANCE", text)).Errors).Message);

    [Fact]
    public void The_instance_is_the_host_unless_it_is_named()
    {
        Assert.True(InstanceName.IsValid(With().Instance));
        Assert.Equal("web-1.example:8000", With(("GUNICORN_EXPORTER_INSTANCE", "web-1.example:8000")).Instance);
    }

    [Theory]
    [InlineData("a{b", false)]
    [InlineData("a}b", false)]
    [InlineData("{}a", false)]
    [InlineData("{a}{b}", false)]
    [InlineData("a{b}:", true)]
    [InlineData("a:", true)]
    public void Braces_in_the_prefix_stand_around_one_hash_tag(string text, bool isAllowed) =>
        Assert.Equal(isAllowed, With(("REDIS_KEY_PREFIX", text)).Validate());

    [Fact]
    public void The_URL_and_the_password_are_never_shown()
    {
        using var text = new StringWriter();
        var config = With(("REDIS_URL", "redis://:hunter2@a"), ("REDIS_PASSWORD", "hunter3"));

        config.PrintConfig(text);

        Assert.DoesNotContain("hunter", text.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(config.Settings(), setting => $"{setting.Value}".Contains("hunter", StringComparison.Ordinal));
    }

    /// <summary>The configuration from these variables, with forwarding to Redis unless they say otherwise.</summary>
    private static ExporterConfig With(params (string Name, string Text)[] variables) =>
        new(variables.Concat(variables.Any(variable => variable.Name == "REDIS_ENABLED") ? [] : [("REDIS_ENABLED", "true")])
            .ToDictionary(variable => variable.Name, variable => variable.Text));
}

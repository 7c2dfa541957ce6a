using GunicornPrometheusExporter.Routes;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Routes;

public sealed class RoutePatternsTests
{
    [Theory]
    [InlineData("/files/a/b.txt", "/files/{path}")]
    [InlineData("/files/", "/files/{path}")]
    [InlineData("/tenants/acme/users/ann", "/tenants/{tenant}/users/{name}")]
    [InlineData("/tenants/acme/users/ann/keys", "/tenants/{tenant}/{rest}")]
    [InlineData("/SHOUT", "/shout")]
    [InlineData("/tenants;a=1/acme/users;x;y/ann;z?/q", "/tenants/{tenant}/users/{name}")]
    [InlineData("/other?/files/", null)]
    [InlineData("", null)]
    public void The_first_pattern_that_matches_gives_the_route(string path, string? route)
    {
        var patterns = Parse(
            """
            ^/files/.* -> /files/{path};
            ^/tenants/[^/]+/users/[^/]+$ -> /tenants/{tenant}/users/{name};
            ^/tenants/ -> /tenants/{tenant}/{rest}; (?i)^/shout -> /shout
            """);
        Assert.Equal(route, patterns.Find(path));
    }

    [Fact]
    public void Each_of_many_patterns_is_found_in_their_order()
    {
        var patterns = Parse(string.Join(';', Enumerable.Range(0, 99).Select(i => $"^/a{i}/ -> {i}").Append("^/a -> last")));
        for (var i = 0; i < 99; i++) Assert.Equal($"{i}", patterns.Find($"/a{i}/x"));
        Assert.Equal("last", patterns.Find("/a99/x"));
        Assert.Null(patterns.Find("/b"));
    }

    [Theory]
    [InlineData("^/files/.*", "has no pattern or no route")]
    [InlineData("-> /files", "has no pattern or no route")]
    [InlineData("^/( -> /x", "Not enough )'s")]
    [InlineData("^/(?<a>.)\\k<a> -> /x", "NonBacktracking")]
    [InlineData("^/(?=a) -> /x", "NonBacktracking")]
    [InlineData("(a{1000}){1000} -> /x", "larger than the configured limit")]
    [InlineData("^/(.*a.{400})+$ -> /x", "larger than the configured limit")]
    [InlineData(" ; ", "there is no pattern")]
    public void A_pattern_that_cannot_be_used_is_named(string text, string fault)
    {
        Assert.Null(RoutePatterns.Parse(text, out var given));
        Assert.Contains(fault, given, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pattern_that_would_backtrack_takes_no_time()
    {
        var patterns = Parse("^/(a+)+$ -> /a");
        Assert.Null(patterns.Find("/" + new string('a', 1000) + "b"));
    }

    [Fact]
    public void A_pattern_of_three_hashes_is_allowed() =>
        Assert.Null(Parse("^/[0-9a-f]{64}/[0-9a-f]{64}/[0-9a-f]{64}$ -> /hashes").Find("/files/"));

    [Fact]
    public void What_a_pattern_keeps_of_the_paths_is_bounded()
    {
        var patterns = Parse("^/(.*a.{20})+$ -> /a");
        var random = new Random(1);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        for (var i = 0; i < 30; i++) patterns.Find("/" + new string([.. Enumerable.Range(0, 1000).Select(_ => (char)('a' + random.Next(3)))]));

        // Less than before, if what earlier tests left was collected in between.
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 64 << 20);
        Assert.Equal("/a", patterns.Find("/" + new string('a', 21)));
    }

    private static RoutePatterns Parse(string text)
    {
        var patterns = RoutePatterns.Parse(text, out var fault);
        Assert.Equal("", fault);
        return patterns!;
    }
}

using GunicornPrometheusExporter.Routes;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Routes;

public sealed class EndpointNormalizerTests
{
    // Each row is a row of docs/endpoints.md.
    public static TheoryData<string, string, string> Replaced { get; } = new()
    {
        { "numbers", "/users/42/orders/7", "/users/{id}/orders/{id}" },
        { "numbers with a sign, a fraction or several parts", "/at/-12.5,48.25/zoom/10", "/at/{id}/zoom/{id}" },
        { "UUIDs", "/o/123e4567-e89b-12d3-a456-426614174000/x", "/o/{uuid}/x" },
        { "hashes", "/c/da39a3ee5e6b4b0d3255bfef95601890afd80709", "/c/{hash}" },
        { "short hashes, if letters and digits alternate", "/c/3f2a1b9/diff", "/c/{hash}/diff" },
        { "dates", "/blog/2026-11-27", "/blog/{date}" },
        { "dates in other orders, and months", "/27.11.2026/or/2026-11", "/{date}/or/{date}" },
        { "times", "/since/2026-11-27T12:30:00.5+01:00", "/since/{date}" },
        { "versions of three numbers or more", "/releases/v2.13.0/notes", "/releases/{version}/notes" },
        { "tokens and base64", "/s/eyJhbGciOi1IUz3I1NiIsIn4R5cCI6", "/s/{token}" },
        { "base64 without digits", "/s/QmFzZUVuY29kZWRUZXh0V2l0aE5v", "/s/{token}" },
        { "base64 with padding", "/s/aGVsbG8=", "/s/{token}" },
        { "short tokens, if they have both cases and digits", "/watch/dQw4w9WgXcQ", "/watch/{token}" },
        { "JSON web tokens", "/t/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0", "/t/{token}" },
        { "mail addresses", "/users/ann.smith@example.com/edit", "/users/{email}/edit" },
        { "IPv4, IPv6 and hardware addresses", "/hosts/10.0.0.12/to/2001:db8::1", "/hosts/{address}/to/{address}" },
        { "the locale at the start", "/pt-BR/users/42", "/{locale}/users/{id}" },
        { "numbers of four digits or more in a name", "/order-1234/photo_20481.jpg", "/order-{id}/photo_{id}.jpg" },
        { "a number that is a file's whole name", "/photos/7.jpg", "/photos/{id}.jpg" },
        { "values in a name", "/Products(7)/page=2", "/Products({id})/page={id}" },
        { "dates in a file's name", "/reports/sales-2026-11-27.pdf", "/reports/sales-{date}.pdf" },
        { "versions in a file's name", "/static/jquery-ui-datepicker-1.12.css", "/static/jquery-ui-datepicker-{version}.css" },
        { "hashes in a file's name", "/static/main.8e0d62a0.chunk.js", "/static/main.{hash}.chunk.js" },
        { "UUIDs in a file's name", "/img/123e4567-e89b-12d3-a456-426614174000.png", "/img/{uuid}.png" },
        { "percent-encoding that nothing requires", "/users/%34%32", "/users/{id}" },
        { "other percent-encoding", "/search/caf%C3%A9%20noir", "/search/{text}" },
        { "the query", "/users?page=2", "/users" },
        { "matrix parameters", "/cars;color=red/doors;jsessionid=1A2B", "/cars/doors" },
    };

    [Theory]
    [MemberData(nameof(Replaced))]
    public void What_varies_becomes_a_placeholder(string what, string path, string endpoint)
    {
        Assert.NotEmpty(what);
        Assert.Equal(endpoint, Normalize(path));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("*")]
    [InlineData("/api/users/")]
    [InlineData("/api/v2/users")]
    [InlineData("/api/v1.1/users")]
    [InlineData("/2fa/oauth2/covid-19")]
    [InlineData("/c/deadbeef")]
    [InlineData("/id/my/so/to")]
    [InlineData("/users/en")]
    [InlineData("/entry/english")]
    [InlineData("/getUserAccountSettingsPage")]
    [InlineData("/a-long-title-of-an-article-about-nothing")]
    [InlineData("/static/jquery-3.min.js")]
    [InlineData("/static/index.html")]
    [InlineData("/@user")]
    [InlineData("/.well-known/security.txt")]
    [InlineData("//double//slash")]
    public void A_name_stays_as_it_is(string path) => Assert.Equal(path, Normalize(path));

    [Theory]
    [InlineData("", "/")]
    [InlineData("/users#top", "/users")]
    [InlineData("/users/%", "/users/{text}")]
    [InlineData("/users/%4", "/users/{text}")]
    [InlineData("/users/%+4", "/users/{text}")]
    [InlineData("/a%2Fb/..%2f..%2fetc", "/{text}/{text}")]
    [InlineData("/;/;;", "//")]
    [InlineData("/1/", "/{id}/")]
    [InlineData("/9999-99-99", "/{id}")]
    [InlineData("/de", "/{locale}")]
    [InlineData("/zh-Hans-CN/es_419", "/{locale}/es_419")]
    [InlineData("/v1.12.x-1.2", "/{version}.x-{version}")]
    [InlineData("/(1,2,3)=", "/({id},{id},{id})=")]
    public void An_odd_path_is_normalised_too(string path, string endpoint) => Assert.Equal(endpoint, Normalize(path));

    [Fact]
    public void A_long_path_is_cut_at_a_segment()
    {
        var endpoint = Normalize("/a/" + string.Join('/', Enumerable.Repeat("segment", 100)));
        Assert.InRange(endpoint.Length, 100, EndpointNormalizer.MaximumLength);
        Assert.EndsWith("/segment/{rest}", endpoint, StringComparison.Ordinal);
        Assert.Equal("/{rest}", Normalize("/" + new string('x', 5000)));
        Assert.Equal("/{rest}", Normalize("/" + string.Concat(Enumerable.Repeat("(1", 99))));
    }

    [Fact]
    public void Any_path_fits_and_allocates_nothing()
    {
        NormalizeRandom(20_000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        NormalizeRandom(20_000);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static readonly Random Random = new(17);

    private static void NormalizeRandom(int count)
    {
        const string characters = "/0123456789abcdefXYZ-_.,~+@:=()%;!'*$&é";
        Span<char> path = stackalloc char[300];
        Span<char> endpoint = stackalloc char[EndpointNormalizer.MaximumLength];
        for (var i = 0; i < count; i++)
        {
            var text = path[..Random.Next(path.Length)];
            Random.GetItems(characters, text);
            EndpointNormalizer.Normalize(text, endpoint);
        }
    }

    private static string Normalize(string path)
    {
        Span<char> endpoint = stackalloc char[EndpointNormalizer.MaximumLength];
        return endpoint[..EndpointNormalizer.Normalize(path, endpoint)].ToString();
    }
}

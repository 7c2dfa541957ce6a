using GunicornPrometheusExporter.Workers;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Workers;

public sealed class EndpointNormalizerTests
{
    [Theory]
    [InlineData("/", "/")]
    [InlineData("", "/")]
    [InlineData("*", "*")]
    [InlineData("/api/users", "/api/users")]
    [InlineData("/api/users/", "/api/users/")]
    [InlineData("/api/v2/users", "/api/v2/users")]
    [InlineData("/users/42/orders/7", "/users/{id}/orders/{id}")]
    [InlineData("/users?page=2", "/users")]
    [InlineData("/users#top", "/users")]
    [InlineData("/o/123e4567-e89b-12d3-a456-426614174000/x", "/o/{uuid}/x")]
    [InlineData("/c/da39a3ee5e6b4b0d3255bfef95601890afd80709", "/c/{hash}")]
    [InlineData("/c/deadbeef", "/c/deadbeef")]
    [InlineData("/s/eyJhbGciOi1IUz3I1NiIsIn4R5cCI6", "/s/{token}")]
    [InlineData("/static/jquery-ui-datepicker-1.12.css", "/static/jquery-ui-datepicker-1.12.css")]
    [InlineData("//double//slash", "//double//slash")]
    public void What_varies_becomes_a_placeholder(string path, string endpoint) =>
        Assert.Equal(endpoint, Normalize(path));

    [Fact]
    public void A_long_path_is_cut_at_a_segment()
    {
        var endpoint = Normalize("/a/" + string.Join('/', Enumerable.Repeat("segment", 100)));
        Assert.InRange(endpoint.Length, 100, EndpointNormalizer.MaximumLength);
        Assert.EndsWith("/segment/{rest}", endpoint, StringComparison.Ordinal);
        Assert.Equal("/{rest}", Normalize("/" + new string('x', 5000)));
    }

    private static string Normalize(string path)
    {
        Span<char> endpoint = stackalloc char[EndpointNormalizer.MaximumLength];
        return endpoint[..EndpointNormalizer.Normalize(path, endpoint)].ToString();
    }
}

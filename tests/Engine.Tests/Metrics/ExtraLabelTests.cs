using GunicornPrometheusExporter.Metrics;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Metrics;

/// <summary>The lists of methods and of labels that the operator can set.</summary>
public sealed class ExtraLabelTests
{
    [Fact]
    public void A_list_declares_labels_with_their_headers_and_values()
    {
        var labels = ExtraLabel.TryParse("scheme, header:X-Tenant-Id=acme | Globex,host=Shop.Example|[::1]")!.Value;

        Assert.Equal(["host", "scheme", "x_tenant_id"], labels.Select(label => label.Name));
        Assert.Equal(["host", null, "X-Tenant-Id"], labels.Select(label => label.Header));
        Assert.Equal(["shop.example,[::1]", "http,https", "acme,Globex"], labels.Select(label => string.Join(',', label.Values)));
        Assert.All(labels, label => Assert.True(ExtraLabel.IsName(label.Name)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("path")]
    [InlineData("host,host")]
    [InlineData("host=")]
    [InlineData("host=a.example:8000")]
    [InlineData("host=a.example.")]
    [InlineData("host=[::1]:8000")]
    [InlineData("scheme=https")]
    [InlineData("header:X-Tenant")]
    [InlineData("header:X-=a")]
    [InlineData("header:Cookie=a")]
    [InlineData("header:X-A b=a")]
    [InlineData("header:X-A=a b")]
    [InlineData("header:X-A=a,header:X-B=a,host,scheme")]
    public void An_invalid_list_is_refused(string text) => Assert.Null(ExtraLabel.TryParse(text));

    [Fact]
    public void A_list_has_at_most_fifty_values()
    {
        var values = string.Join('|', Enumerable.Range(1, 50));
        Assert.NotNull(ExtraLabel.TryParse($"header:X-A={values}"));
        Assert.Null(ExtraLabel.TryParse($"header:X-A={values}|51"));
    }

    [Fact]
    public void No_label_of_the_catalogue_has_the_name_of_an_extra_label() =>
        Assert.DoesNotContain(MetricCatalogue.All.SelectMany(family => family.Labels), ExtraLabel.IsName);

    [Theory]
    [InlineData("GET", "GET", true)]
    [InlineData("GET, PURGE", "PURGE", true)]
    [InlineData("GET", "POST", false)]
    [InlineData("VERSION-CONTROL", "VERSION-CONTROL", true)]
    [InlineData("GET", "get", false)]
    public void A_method_has_series_of_its_own_if_it_is_in_the_list(string list, string method, bool isFound) =>
        Assert.Equal(isFound ? method : null, RequestMethods.TryParse(list)!.Find(System.Text.Encoding.UTF8.GetBytes(method)));

    [Theory]
    [InlineData("")]
    [InlineData("GET,")]
    [InlineData("get")]
    [InlineData("GET POST")]
    [InlineData("A23456789012345678901234567890123")]
    public void An_invalid_list_of_methods_is_refused(string text) => Assert.Null(RequestMethods.TryParse(text));
}

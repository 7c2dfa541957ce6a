using GunicornPrometheusExporter.Exporter.Http;
using GunicornPrometheusExporter.Exposition;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.Http;

public sealed class ContentNegotiationTests
{
    [Theory]
    [InlineData(null, ExpositionFormat.Text)]
    [InlineData("", ExpositionFormat.Text)]
    [InlineData("*/*", ExpositionFormat.Text)]
    [InlineData("text/*", ExpositionFormat.Text)]
    [InlineData("image/png", ExpositionFormat.Text)]
    [InlineData("this is no header;;", ExpositionFormat.Text)]
    [InlineData("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", ExpositionFormat.Text)]
    [InlineData("text/plain;version=0.0.4;q=0.9, application/openmetrics-text;q=0.8", ExpositionFormat.Text)]
    [InlineData("text/plain;version=0.0.4;q=0.8, application/openmetrics-text;q=0.9", ExpositionFormat.OpenMetrics)]
    [InlineData("application/openmetrics-text, text/plain", ExpositionFormat.OpenMetrics)]
    [InlineData("text/plain, application/openmetrics-text", ExpositionFormat.Text)]
    [InlineData("APPLICATION/OpenMetrics-Text; Version=\"1.0.0\"", ExpositionFormat.OpenMetrics)]
    [InlineData("application/openmetrics-text;version=0.0.1", ExpositionFormat.Text)]
    [InlineData("application/openmetrics-text;q=0, */*;q=0.1", ExpositionFormat.Text)]
    [InlineData("text/plain;q=0, */*", ExpositionFormat.OpenMetrics)]
    [InlineData("application/vnd.google.protobuf", ExpositionFormat.Protobuf)]
    [InlineData("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text", ExpositionFormat.Text)]
    [InlineData("application/vnd.google.protobuf;proto=another.Message;encoding=delimited;q=0.7,*/*;q=0.1", ExpositionFormat.Text)]
    // Prometheus 2.42, the same with native histograms, and 3.
    [InlineData(
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
        ExpositionFormat.OpenMetrics)]
    [InlineData(
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited," +
        "application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
        ExpositionFormat.Protobuf)]
    [InlineData(
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5," +
        "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
        ExpositionFormat.OpenMetrics)]
    public void The_format_is_the_one_that_the_client_likes_best(string? accept, ExpositionFormat expected)
    {
        var request = new DefaultHttpContext().Request;
        request.Headers.Accept = accept;
        Assert.Equal(expected, ContentNegotiation.FormatOf(request.GetTypedHeaders().Accept).Format);
    }

    [Theory]
    [InlineData(null, NameEscaping.Underscores, "text/plain; version=0.0.4; charset=utf-8")]
    [InlineData("text/plain", NameEscaping.Underscores, "text/plain; version=0.0.4; charset=utf-8")]
    [InlineData("text/plain;escaping=allow-utf-8", NameEscaping.Underscores, "text/plain; version=0.0.4; charset=utf-8")]
    [InlineData("text/plain;version=0.0.4;escaping=allow-utf-8", NameEscaping.Underscores, "text/plain; version=0.0.4; charset=utf-8")]
    [InlineData("text/plain;version=1.0.0", NameEscaping.Underscores, "text/plain; version=1.0.0; charset=utf-8; escaping=underscores")]
    [InlineData(
        "text/plain;version=1.0.0;escaping=allow-utf-8", NameEscaping.AllowUtf8,
        "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8")]
    [InlineData(
        "text/plain;escaping=\"dots\";version=\"1.0.0\"", NameEscaping.Dots, "text/plain; version=1.0.0; charset=utf-8; escaping=dots")]
    [InlineData(
        "application/openmetrics-text;version=1.0.0;escaping=values", NameEscaping.Values,
        "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=values")]
    [InlineData(
        "application/openmetrics-text;escaping=unheard-of", NameEscaping.Underscores,
        "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores")]
    [InlineData(
        "application/vnd.google.protobuf;escaping=dots", NameEscaping.Dots,
        "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited; escaping=dots")]
    // Prometheus 3 states its escaping with the text formats only.
    [InlineData(
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6," +
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
        NameEscaping.AllowUtf8, "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited; escaping=allow-utf-8")]
    [InlineData(
        "text/plain;version=0.0.4,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5", NameEscaping.Underscores,
        "text/plain; version=0.0.4; charset=utf-8")]
    public void Names_are_escaped_as_the_client_requests_and_the_answer_says_how(string? accept, NameEscaping escaping, string contentType)
    {
        var request = new DefaultHttpContext().Request;
        request.Headers.Accept = accept;
        var chosen = ContentNegotiation.FormatOf(request.GetTypedHeaders().Accept);
        Assert.Equal((escaping, contentType), (chosen.Escaping, chosen.ContentType));
    }

    [Fact]
    public void A_hub_that_has_text_only_keeps_the_escaping_of_a_text_format()
    {
        var request = new DefaultHttpContext().Request;
        request.Headers.Accept = "application/openmetrics-text;version=1.0.0;escaping=dots,text/plain;version=1.0.0;escaping=values;q=0.5,*/*;q=0.1";
        var chosen = ContentNegotiation.FormatOf(request.GetTypedHeaders().Accept, isTextOnly: true);
        Assert.Equal((ExpositionFormat.Text, NameEscaping.Values), (chosen.Format, chosen.Escaping));
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("", false)]
    [InlineData("gzip", true)]
    [InlineData("GZIP", true)]
    [InlineData("*", true)]
    [InlineData("br, zstd", false)]
    [InlineData("deflate, gzip;q=0.5", true)]
    [InlineData("gzip;q=0", false)]
    [InlineData("gzip;q=0, *", false)]
    [InlineData("identity", false)]
    [InlineData("identity;q=0.5, gzip;q=0.4", false)]
    [InlineData("identity;q=0.4, gzip;q=0.5", true)]
    public void Gzip_is_used_where_the_client_likes_it_as_much(string? accept, bool expected)
    {
        var request = new DefaultHttpContext().Request;
        request.Headers.AcceptEncoding = accept;
        Assert.Equal(expected, ContentNegotiation.IsGzipWanted(request.GetTypedHeaders().AcceptEncoding));
    }
}

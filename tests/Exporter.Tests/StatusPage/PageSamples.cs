using GunicornPrometheusExporter.Exporter.Readings;
using GunicornPrometheusExporter.Exporter.StatusPage;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Incidents;
using Microsoft.AspNetCore.Http;

namespace GunicornPrometheusExporter.Exporter.Tests.StatusPage;

/// <summary>Pages about metrics in the text format.</summary>
internal static class PageSamples
{
    internal static DateTimeOffset Time { get; } = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    /// <summary>The page of a server whose first read, ten seconds before the second, had no requests.</summary>
    internal static Page PageOf(string metrics, string query = "", params Incident[] incidents)
    {
        var before = new Samples(Time.AddSeconds(-10), []);
        var status = new StatusReading(new Samples(Time, SamplesOf(metrics)), before).ToStatus([new("worker_2", "GET", "/slow", 30)]);
        return new(status with { Incidents = [.. incidents] }) { Query = QueryOf(query) };
    }

    internal static string HtmlOf(string metrics, string query = "", params Incident[] incidents) =>
        StatusDocument.Write(PageOf(metrics, query, incidents));

    internal static PageQuery QueryOf(string query)
    {
        var context = new DefaultHttpContext();
        context.Request.QueryString = new(query);
        return PageQuery.Of(context.Request.Query);
    }

    private static IEnumerable<Sample> SamplesOf(string metrics) =>
        TextSample.ReadAll(metrics).Select(sample => new Sample(new(sample.Name, sample.Labels), sample.Value));
}

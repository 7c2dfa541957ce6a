using System.Text;
using GunicornPrometheusExporter.Engine.Tests.Aggregation;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;
using GunicornPrometheusExporter.Workers;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Workers;

/// <summary>Requests are counted under their extra labels, in a bounded number of combinations.</summary>
public sealed class ExtraLabelTableTests : IDisposable
{
    private const string Requests = "gunicorn_http_requests_total";
    private const string All = "host,scheme,header:X-Tenant=acme|globex";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("Shop.Example:8000", "https", "acme", "host=shop.example,", "scheme=https,status_code=200,x_tenant=acme")]
    [InlineData("shop.example.", "http", "ACME", "host=shop.example,", "scheme=http,status_code=200,x_tenant=__other__")]
    [InlineData("[::1]:8000", "gopher", null, "host=[::1],", "scheme=__other__,status_code=200")]
    [InlineData("<script>", "http", "", "host=__other__,", "scheme=http,status_code=200")]
    [InlineData(null, "https", "globex", "", "scheme=https,status_code=200,x_tenant=globex")]
    public void A_request_has_the_values_of_its_host_scheme_and_header(
        string? host, string scheme, string? tenant, string first, string last)
    {
        var samples = Record(All, worker => Handle(worker, host, scheme, tenant));

        Assert.Equal(1, samples[$"{Requests}{{endpoint=/shop,{first}method=GET,{last}}}"]);
        var latency = last.Replace("status_code=200", "", StringComparison.Ordinal).Replace(",,", ",", StringComparison.Ordinal).Trim(',');
        Assert.Equal(1, samples[$"gunicorn_http_request_duration_seconds_count{{endpoint=/shop,{first}method=GET,{latency}}}"]);
        Assert.Equal(1, samples["gunicorn_worker_requests_total{worker_id=worker_1}"]);
        Assert.Equal(0, samples["gunicorn_exporter_label_overflow_total{label=host}"]);
        Assert.DoesNotContain(samples.Keys, name => name.Contains("extra_labels", StringComparison.Ordinal));
    }

    [Fact]
    public void A_host_that_is_not_in_the_list_is_other_and_no_overflow()
    {
        var samples = Record("host=a.example|B.example", worker =>
        {
            foreach (var host in (string[])["A.example", "b.example:80", "c.example"]) Handle(worker, host, "http", null);
        });

        Assert.Equal(
            [("__other__", 1), ("a.example", 1), ("b.example", 1)], Sums(samples, "host").OrderBy(sum => sum.Value, StringComparer.Ordinal));
        Assert.DoesNotContain("gunicorn_exporter_label_overflow_total{label=host}", samples.Keys);
    }

    [Fact]
    public void Hosts_beyond_the_limit_are_other_and_counted_as_overflow()
    {
        var samples = Record("host", maximumLabelValues: 5, record: worker =>
        {
            for (var i = 0; i < 50; i++) Handle(worker, $"h{i % 25}.example", "http", null);
        });

        Assert.Equal(6, Sums(samples, "host").Count());
        Assert.Contains(("__other__", 40), Sums(samples, "host"));
        Assert.Equal(40, samples["gunicorn_exporter_label_overflow_total{label=host}"]);
        Assert.Equal(50, samples.Where(sample => sample.Key.StartsWith(Requests, StringComparison.Ordinal)).Sum(sample => sample.Value));
    }

    [Fact]
    public void A_slot_that_gets_other_labels_continues_and_loses_no_count()
    {
        foreach (var labels in (string?[])[null, "host", All, "scheme", null, "host"])
        {
            Record(labels, worker => Handle(worker, "a.example", "http", "acme"));
        }
        // A host that no earlier request of the slot had, in a worker that continues it.
        var samples = Record("host", worker =>
        {
            Handle(worker, "b.example", "http", null);
            Handle(worker, null, "http", null);
        });

        Assert.Equal(3, samples[$"{Requests}{{endpoint=/shop,method=GET,status_code=200}}"]);
        Assert.Equal(2, samples[$"{Requests}{{endpoint=/shop,host=a.example,method=GET,status_code=200}}"]);
        Assert.Equal(1, samples[$"{Requests}{{endpoint=/shop,host=b.example,method=GET,status_code=200}}"]);
        Assert.Equal(1, samples[$"{Requests}{{endpoint=/shop,host=a.example,method=GET,scheme=http,status_code=200,x_tenant=acme}}"]);
        Assert.Equal(8, samples["gunicorn_worker_requests_total{worker_id=worker_1}"]);
        Assert.Equal(8, samples.Where(sample => sample.Key.StartsWith("gunicorn_http_request_duration_seconds_count", StringComparison.Ordinal))
            .Sum(sample => sample.Value));
    }

    [Fact]
    public void Beyond_the_limit_on_series_every_request_is_counted_under_other()
    {
        var samples = Record(All, maximumSeries: 400, record: worker =>
        {
            for (var i = 0; i < 600; i++) Handle(worker, $"h{i % 150}.example", "https", "acme", $"/{(char)('a' + (i % 20))}");
        });

        var found = samples.Where(sample => sample.Key.StartsWith(Requests, StringComparison.Ordinal)).ToList();
        Assert.Equal(600, found.Sum(sample => sample.Value));
        Assert.InRange(found.Count, 10, 60);
        Assert.True(samples[$"{Requests}{{endpoint=__other__,host=__other__,method=__other__,scheme=__other__,status_code=200,x_tenant=__other__}}"] > 500);
        Assert.Equal(0, samples["gunicorn_exporter_dropped_total{}"]);
    }

    [Fact]
    public void A_slot_near_its_limit_finds_the_combinations_that_it_has()
    {
        Record(All, worker => Handle(worker, "a.example", "https", "acme"));
        var samples = Record(All, maximumSeries: 1, record: worker => Handle(worker, "a.example", "https", "acme"));

        Assert.Equal(2, samples[$"{Requests}{{endpoint=/shop,host=a.example,method=GET,scheme=https,status_code=200,x_tenant=acme}}"]);
    }

    [Fact]
    public void A_known_combination_and_one_beyond_the_limits_allocate_nothing()
    {
        using var worker = Open(All, maximumLabelValues: 3, maximumSeries: 400);
        var hosts = Enumerable.Range(0, 40).Select(i => Encoding.ASCII.GetBytes($"H{i}.example:80")).ToArray();
        long allocated = 0;
        for (var round = 0; round < 4; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 400; i++)
            {
                Describe(worker, worker.RequestStarted("GET"u8, "/shop"u8, default), hosts[i % 40], "https"u8, "acme"u8, out var token);
                worker.RequestFinished(token, 200, 1);
            }
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Assert.Equal(0, allocated);
    }

    private static IEnumerable<(string Value, double Count)> Sums(Dictionary<string, double> samples, string label) =>
        from sample in samples
        where sample.Key.StartsWith(Requests, StringComparison.Ordinal)
        let start = sample.Key.IndexOf(label + "=", StringComparison.Ordinal) + label.Length + 1
        select (sample.Key[start..sample.Key.IndexOf(',', start)], sample.Value);

    private static void Handle(PrometheusWorker worker, string? host, string scheme, string? tenant, string path = "/shop")
    {
        var token = worker.RequestStarted("GET"u8, Encoding.ASCII.GetBytes(path), default);
        if (worker.ExtraLabels is not null)
        {
            Describe(worker, token, Bytes(host), Bytes(scheme), Bytes(tenant), out token);
        }
        worker.RequestFinished(token, 200, 0);

        static byte[]? Bytes(string? text) => text is null ? null : Encoding.Latin1.GetBytes(text);
    }

    /// <summary>Describes a request as the extension module does.</summary>
    private static void Describe(
        PrometheusWorker worker, long begun, ReadOnlySpan<byte> host, ReadOnlySpan<byte> scheme, ReadOnlySpan<byte> tenant, out long token)
    {
        token = begun;
        var labels = worker.ExtraLabels!;
        labels.Begin(scheme);
        if (!host.IsEmpty && labels.LabelOf("HOST"u8) is >= 0 and var ofHost) labels.Set(ofHost, host);
        if (!tenant.IsEmpty && labels.LabelOf("x-tenant"u8) is >= 0 and var ofTenant) labels.Set(ofTenant, tenant);
        worker.RequestDescribed(token);
    }

    private PrometheusWorker Open(
        string? labels, int maximumLabelValues = LabelBounds.DefaultMaximumValues, int maximumSeries = MetricWriter.DefaultMaximumSeries) =>
        new(SlotStore.Open(_directory.Path, SlotKind.Worker, EntryLayout.Timestamped), TimeProvider.System,
            maximumLabelValues, maximumSeries: maximumSeries)
        {
            Choice = new RequestChoice { ExtraLabels = labels is null ? [] : ExtraLabel.TryParse(labels)!.Value },
        };

    private Dictionary<string, double> Record(
        string? labels, Action<PrometheusWorker> record, int maximumLabelValues = LabelBounds.DefaultMaximumValues,
        int maximumSeries = MetricWriter.DefaultMaximumSeries)
    {
        using (var worker = Open(labels, maximumLabelValues, maximumSeries)) record(worker);
        return Scraped.Once(_directory.Path).Samples;
    }
}

using System.Text;
using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Engine.Tests.Aggregation;
using GunicornPrometheusExporter.Engine.Tests.Files;
using GunicornPrometheusExporter.Engine.Tests.Fleet;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Files;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Exposition;

/// <summary>Names of metrics and labels that are not made of letters, digits and underscores.</summary>
public sealed class NameEscapingTests : IDisposable
{
    private const string Smile = "\U0001F631";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("no:escaping_required", "no:escaping_required", "no:escaping__required", "no:escaping_required")]
    [InlineData("plain", "plain", "plain", "plain")]
    [InlineData("my.load_total", "my_load_total", "my_dot_load__total", "U__my_2e_load__total")]
    [InlineData("http.status:sum", "http_status:sum", "http_dot_status:sum", "U__http_2e_status:sum")]
    [InlineData("label with " + Smile, "label_with__", "label__with____", "U__label_20_with_20__1f631_")]
    [InlineData("größe", "gr__e", "gr____e", "U__gr_f6__df_e")]
    [InlineData("0a0", "_a0", "__a0", "U___30_a0")]
    public void A_metrics_name_is_escaped_as_the_client_libraries_do(string name, string underscores, string dots, string values)
    {
        Assert.Equal(underscores, NameSyntax.EscapeMetric(name, NameEscaping.Underscores));
        Assert.Equal(dots, NameSyntax.EscapeMetric(name, NameEscaping.Dots));
        Assert.Equal(values, NameSyntax.EscapeMetric(name, NameEscaping.Values));
        Assert.Equal(name, NameSyntax.EscapeMetric(name, NameEscaping.AllowUtf8));
    }

    [Fact]
    public void A_colon_is_escaped_in_the_name_of_a_label()
    {
        Assert.Equal("a_b", NameSyntax.EscapeLabel("a:b", NameEscaping.Underscores));
        Assert.Equal("a__b", NameSyntax.EscapeLabel("a:b", NameEscaping.Dots));
        Assert.Equal("U__a_3a_b", NameSyntax.EscapeLabel("a:b", NameEscaping.Values));
    }

    [Theory]
    [InlineData(NameEscaping.AllowUtf8, """
        # HELP "a.b_total" help
        # TYPE "a.b_total" counter
        {"a.b_total","l.x"="1",l_y="2"} 3.0
        # HELP "my.time_seconds" help
        # TYPE "my.time_seconds" histogram
        {"my.time_seconds_bucket",le="+Inf"} 2.0
        {"my.time_seconds_sum"} 1.5
        {"my.time_seconds_count"} 2.0
        # HELP plain_name help
        # TYPE plain_name gauge
        plain_name{"a\"\\\nb"="x\"\\\ny"} 4.0

        """)]
    [InlineData(NameEscaping.Underscores, """
        # HELP a_b_total help
        # TYPE a_b_total counter
        a_b_total{l_x="1",l_y="2"} 3.0
        # HELP my_time_seconds help
        # TYPE my_time_seconds histogram
        my_time_seconds_bucket{le="+Inf"} 2.0
        my_time_seconds_sum 1.5
        my_time_seconds_count 2.0
        # HELP plain_name help
        # TYPE plain_name gauge
        plain_name{a___b="x\"\\\ny"} 4.0

        """)]
    [InlineData(NameEscaping.Dots, """
        # HELP a_dot_b__total help
        # TYPE a_dot_b__total counter
        a_dot_b__total{l_dot_x="1",l__y="2"} 3.0
        # HELP my_dot_time__seconds_ help
        # TYPE my_dot_time__seconds_ histogram
        my_dot_time__seconds__bucket{le="+Inf"} 2.0
        my_dot_time__seconds__sum 1.5
        my_dot_time__seconds__count 2.0
        # HELP plain__name help
        # TYPE plain__name gauge
        plain__name{a______b="x\"\\\ny"} 4.0

        """)]
    [InlineData(NameEscaping.Values, """
        # HELP U__a_2e_b__total help
        # TYPE U__a_2e_b__total counter
        U__a_2e_b__total{U__l_2e_x="1",l_y="2"} 3.0
        # HELP U__my_2e_time__seconds_ help
        # TYPE U__my_2e_time__seconds_ histogram
        U__my_2e_time__seconds__bucket{le="+Inf"} 2.0
        U__my_2e_time__seconds__sum 1.5
        U__my_2e_time__seconds__count 2.0
        # HELP plain_name help
        # TYPE plain_name gauge
        plain_name{U__a_22__5c__a_b="x\"\\\ny"} 4.0

        """)]
    public void Names_are_exposed_in_every_way_that_a_client_can_request(NameEscaping escaping, string expected)
    {
        Write("counter_1.db", TestEntry.Of("a.b", "a.b_total", [("l.x", "1"), ("l_y", "2")], 3));
        Write(
            "histogram_1.db", TestEntry.Of("my.time_seconds", "my.time_seconds_sum", [], 1.5),
            TestEntry.Of("my.time_seconds", "my.time_seconds_bucket", [("le", "+Inf")], 2));
        Write("gauge_max_1.db", TestEntry.Of("plain_name", "plain_name", [("a\"\\\nb", "x\"\\\ny")], 4));

        Assert.Equal(expected, Foreign(ExpositionFormat.Text, escaping));
    }

    [Theory]
    [InlineData(NameEscaping.AllowUtf8, "\"a.b_seconds\"", "{\"a.b_seconds_total\"} 3.0", true)]
    [InlineData(NameEscaping.Underscores, "a_b_seconds", "a_b_seconds_total 3.0", true)]
    [InlineData(NameEscaping.Dots, "a_dot_b__seconds_", "a_dot_b__seconds__total 3.0", false)]
    [InlineData(NameEscaping.Values, "U__a_2e_b__seconds_", "U__a_2e_b__seconds__total 3.0", false)]
    public void In_OpenMetrics_a_samples_name_begins_with_that_of_its_family(NameEscaping escaping, string family, string sample, bool hasUnit)
    {
        Write("counter_1.db", TestEntry.Of("a.b_seconds", "a.b_seconds_total", [], 3));

        var unit = hasUnit ? $"# UNIT {family} seconds\n" : "";
        Assert.Equal(
            $"# HELP {family} help\n# TYPE {family} counter\n{unit}{sample}\n# EOF\n", Foreign(ExpositionFormat.OpenMetrics, escaping));
    }

    [Fact]
    public void Protobuf_has_names_as_they_are_or_escaped()
    {
        Write("counter_1.db", TestEntry.Of("a.b", "a.b_total", [("l.ü", "1")], 3));

        Assert.Equal(("a.b_total", "l.ü"), NamesIn(NameEscaping.AllowUtf8));
        Assert.Equal(("a_b_total", "l__"), NamesIn(NameEscaping.Underscores));
        Assert.Equal(("a_dot_b__total", "l_dot___"), NamesIn(NameEscaping.Dots));
        Assert.Equal(("U__a_2e_b__total", "U__l_2e__fc_"), NamesIn(NameEscaping.Values));

        (string, string) NamesIn(NameEscaping escaping)
        {
            var families = ProtobufFamilies.Parse(Scraped.Once(_directory.Path, ExpositionFormat.Protobuf, escaping));
            var family = families.Single(family => family.Metric.Any(metric => metric.Label.Any(label => label.Value == "1")));
            return (family.Name, family.Metric[0].Label[0].Name);
        }
    }

    [Fact]
    public void Families_whose_names_become_equal_are_one_family_without_a_sample_twice()
    {
        var log = new MessageList();
        Write("counter_1.db", TestEntry.Of("a.b", "a.b_total", [("x", "1")], 1), TestEntry.Of("a_b", "a_b_total", [("x", "1")], 2),
            TestEntry.Of("a_b", "a_b_total", [("x", "2")], 4));
        Write("gauge_max_1.db", TestEntry.Of("a:b.total", "a:b.total", [], 8), TestEntry.Of("a_b.total", "a_b.total", [], 16));
        using var aggregator = new StoreAggregator(_directory.Path, log);
        aggregator.Refresh();

        var escaped = ExpositionText.Parse(aggregator.Written(ExpositionFormat.Text));
        _ = aggregator.Written(ExpositionFormat.Text, escaping: NameEscaping.Dots);
        _ = aggregator.Written(ExpositionFormat.Text);

        // The gauge a_b.total has the name of a counter by then.
        Assert.Equal(
            new() { ["a_b_total{x=1}"] = 1, ["a_b_total{x=2}"] = 4, ["a:b_total{}"] = 8 },
            escaped.Where(name => name.StartsWith('a')));
        Assert.Equal(
            new() { ["a.b_total{x=1}"] = 1, ["a_b_total{x=1}"] = 2, ["a_b_total{x=2}"] = 4, ["a:b.total{}"] = 8, ["a_b.total{}"] = 16 },
            ExpositionText.Parse(aggregator.Written(ExpositionFormat.Text, escaping: NameEscaping.AllowUtf8)).Where(name => name.StartsWith('a')));
        Assert.Equal(
            [
                "dropping samples of a_b.total: others have the same names after escaping; let the client request escaping=allow-utf-8",
                "dropping samples of a_b_total: others have the same names after escaping; let the client request escaping=allow-utf-8",
            ],
            log.Messages.Where(message => message.Contains("escaping", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_family_of_the_application_never_has_the_name_of_one_of_ours()
    {
        Write("gauge_max_1.db", TestEntry.Of("gunicorn.up", "gunicorn.up", [], 5));

        Assert.Equal(0, Scraped.Once(_directory.Path).Samples["gunicorn_up{}"]);
        Assert.Contains("\n{\"gunicorn.up\"} 5.0\n", Text(ExpositionFormat.Text, NameEscaping.AllowUtf8), StringComparison.Ordinal);
    }

    [Fact]
    public void Our_own_names_change_only_with_dots()
    {
        var plain = Text(ExpositionFormat.OpenMetrics, NameEscaping.AllowUtf8);
        Assert.Contains("\ngunicorn_up 0.0\n", plain, StringComparison.Ordinal);
        Assert.Contains("\ngunicorn_up 0.0\n", Text(ExpositionFormat.OpenMetrics, NameEscaping.Values), StringComparison.Ordinal);
        Assert.Contains("\ngunicorn__up 0.0\n", Text(ExpositionFormat.OpenMetrics, NameEscaping.Dots), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a.b", NameEscaping.Underscores, "a_b_total 1.0")]
    [InlineData("a.b_total", NameEscaping.Dots, "a_dot_b__total 1.0")]
    [InlineData("a_b_total", NameEscaping.Underscores, "a_b_total 1.0")]
    [InlineData("a_dot_b__total", NameEscaping.Dots, "a_dot_b__total 1.0")]
    [InlineData("a.b_total", NameEscaping.AllowUtf8, "{\"a.b_total\"} 1.0")]
    [InlineData("h.x_count", NameEscaping.Values, "U__h_2e_x__count 2.0")]
    [InlineData("U__h_2e_x__count", NameEscaping.Values, "U__h_2e_x__count 2.0")]
    public void A_name_selects_a_family_or_a_sample_escaped_or_not(string name, NameEscaping escaping, string expected)
    {
        Write("counter_1.db", TestEntry.Of("a.b", "a.b_total", [], 1));
        Write("histogram_1.db", TestEntry.Of("h.x", "h.x_sum", [], 1), TestEntry.Of("h.x", "h.x_bucket", [("le", "+Inf")], 2));
        using var aggregator = new StoreAggregator(_directory.Path, NullLogger.Instance);
        aggregator.Refresh();

        var text = Encoding.UTF8.GetString(aggregator.Written(ExpositionFormat.Text, new HashSet<string> { name }, escaping));

        Assert.Equal(expected, Assert.Single(text.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => line[0] != '#'));
    }

    [Fact]
    public void An_empty_name_becomes_an_underscore()
    {
        Write("gauge_max_1.db", TestEntry.Of("", "", [("", "x")], 1));
        Assert.Contains("\n_{_=\"x\"} 1.0\n", Text(ExpositionFormat.Text, NameEscaping.AllowUtf8), StringComparison.Ordinal);
    }

    [Fact]
    public void A_series_in_a_slots_own_file_says_when_it_began_under_a_quoted_name_too()
    {
        // No worker of ours writes such a name; another program that may write to the store can.
        Write("counter_worker-1.db", TestEntry.Of("a.b", "a.b_total", [("x", "1")], 1), TestEntry.Of("c d", "c d_total", [], 1));
        using (var file = File.OpenWrite(_directory["counter_worker-1.db"]))
        {
            file.Position = 4;
            file.Write(BitConverter.GetBytes(1_700_000_000u));
        }

        var text = Text(ExpositionFormat.OpenMetrics, NameEscaping.AllowUtf8);
        Assert.Contains("\n{\"a.b_total\",x=\"1\"} 1.0\n{\"a.b_created\",x=\"1\"} 1.7e+09\n", text, StringComparison.Ordinal);
        Assert.Contains("\n{\"c d_total\"} 1.0\n{\"c d_created\"} 1.7e+09\n", text, StringComparison.Ordinal);
        Assert.Contains(
            "\na_dot_b__total{x=\"1\"} 1.0\na_dot_b__created{x=\"1\"} 1.7e+09\n",
            Text(ExpositionFormat.OpenMetrics, NameEscaping.Dots), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_hub_exposes_the_names_of_its_hosts_in_the_same_ways(bool isMerged)
    {
        var hub = new TestHub(isMerged);
        hub.Source.Hosts.Add(TestHost.Of(
            "one", (TestHost.Counter("a.b_total", ("l.x", "1")), [3]), (TestHost.Counter("a_b_total", ("l_x", "1")), [4]),
            (TestHost.Counter("a_b_total", ("l_x", "2")), [5])));
        var instance = isMerged ? "" : "instance=\"one\",";

        Assert.Equal(
            $"# HELP a_b_total help\n# TYPE a_b_total counter\na_b_total{{{instance}l_x=\"1\"}} 3.0\na_b_total{{{instance}l_x=\"2\"}} 5.0\n",
            await hub.HostTextAsync());
        hub.Escaping = NameEscaping.AllowUtf8;
        Assert.Equal(
            $"# HELP \"a.b_total\" help\n# TYPE \"a.b_total\" counter\n{{\"a.b_total\",{instance}\"l.x\"=\"1\"}} 3.0\n" +
            $"# HELP a_b_total help\n# TYPE a_b_total counter\na_b_total{{{instance}l_x=\"1\"}} 4.0\na_b_total{{{instance}l_x=\"2\"}} 5.0\n",
            await hub.HostTextAsync());
        hub.Escaping = NameEscaping.Values;
        Assert.StartsWith($"# HELP U__a_2e_b__total help\n# TYPE U__a_2e_b__total counter\nU__a_2e_b__total{{{instance}U__l_2e_x=\"1\"}} 3.0\n",
            await hub.HostTextAsync(), StringComparison.Ordinal);
        Assert.Single(hub.Log.Messages, message => message.Contains("after escaping", StringComparison.Ordinal));
    }

    [Fact]
    public void A_family_can_be_excluded_by_its_name_escaped_or_not()
    {
        Write("counter_1.db", TestEntry.Of("a.b", "a.b_total", [], 1), TestEntry.Of("c.d", "c.d_total", [], 1), TestEntry.Of("e.f", "e.f_total", [], 1));
        using var aggregator = new StoreAggregator(_directory.Path, NullLogger.Instance) { Choice = new(PerWorker: true, ["a.b_total", "c_d_total"]) };
        Assert.Equal(["e_f_total{}"], aggregator.Read().Where(name => name.Contains("_total{}", StringComparison.Ordinal) && name.Length == 11).Keys);
    }

    private void Write(string name, params TestEntry[] entries) => TestFile.Write(_directory[name], EntryLayout.ValueOnly, entries);

    private string Text(ExpositionFormat format, NameEscaping escaping) =>
        Encoding.UTF8.GetString(Scraped.Once(_directory.Path, format, escaping));

    private string Foreign(ExpositionFormat format, NameEscaping escaping) => string.Concat(Text(format, escaping)
        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Where(line => !line.Contains("gunicorn_", StringComparison.Ordinal) && !line.Contains("process_", StringComparison.Ordinal))
        .Select(line => line + "\n"));
}

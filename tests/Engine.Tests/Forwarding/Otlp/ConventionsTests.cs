using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using GunicornPrometheusExporter.Forwarding.Otlp;
using GunicornPrometheusExporter.Metrics;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding.Otlp;

public sealed partial class ConventionsTests
{
    // A hub does not export.
    private static readonly MetricFamily[] Exported = [.. MetricCatalogue.All.Where(family => family.Source != FamilySource.Hub)];

    [Fact]
    public void Every_name_is_unique_and_in_a_namespace()
    {
        Assert.Equal(Exported.Length, Exported.Select(family => Conventions.NameOf(family.Name)).Distinct().Count());
        Assert.All(Exported, family => Assert.Matches(MetricName(), Conventions.NameOf(family.Name)));
    }

    [Fact]
    public void Prometheus_translates_a_name_back_to_that_of_the_exposition()
    {
        Dictionary<string, string> others = new()
        {
            ["gunicorn_http_request_duration_seconds"] = "http_server_request_duration_seconds",
        };
        Assert.All(Exported, family => Assert.Equal(
            others.GetValueOrDefault(family.Name)
                ?? (family.Name.StartsWith("process_", StringComparison.Ordinal) ? $"gunicorn_exporter_{family.Name}" : family.Name),
            Translated(family)));
    }

    [Fact]
    public void The_page_lists_every_metric()
    {
        var table = new StringBuilder("| Family | Metric | Unit | Attributes |\n|---|---|---|---|\n");
        foreach (var family in Exported.Where(family => family.Source != FamilySource.Legacy))
        {
            var attributes = family.Labels.Select(label => $"`{Conventions.AttributeOf(new(label, "x"), isOwn: true).Key}`");
            table.Append(
                CultureInfo.InvariantCulture,
                $"| `{family.Name}` | `{Conventions.NameOf(family.Name)}` | {Conventions.UnitOf(family.Name)} | {string.Join(", ", attributes)} |\n");
        }
        Documentation.AssertHasTable("otlp.md", table.ToString());
    }

    /// <summary>The translation of Prometheus 3 with its default, UnderscoreEscapingWithSuffixes.</summary>
    private static string Translated(MetricFamily family)
    {
        var name = Conventions.NameOf(family.Name).Replace('.', '_');
        var unit = Conventions.UnitOf(family.Name) switch { "s" => "seconds", "By" => "bytes", "%" => "percent", _ => "" };
        if (unit.Length > 0 && !name.Split('_').Contains(unit)) name += $"_{unit}";
        if (family.Type == MetricType.Counter) name += "_total";
        if (family.Type == MetricType.Gauge && Conventions.UnitOf(family.Name) == "1") name += "_ratio";
        return name;
    }

    [GeneratedRegex(@"^(gunicorn|http)(\.[a-z][a-z0-9_]*)+$")]
    private static partial Regex MetricName();
}

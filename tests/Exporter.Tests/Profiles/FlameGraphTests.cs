using System.Text;
using System.Xml.Linq;
using GunicornPrometheusExporter.Exporter.Profiles;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.Profiles;

public sealed class FlameGraphTests
{
    private const string Hostile = "<script>alert(1)</script>]]>\"'&\u202Erev\0\uD800";

    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void Each_box_lies_below_its_caller_and_is_as_wide_as_its_time()
    {
        var profile = Profiles.Of((6, "view", "query"), (2, "view", "render"), (2, "other", "query"));

        var boxes = Boxes(FlameGraph.Write(profile, "")).Select(box => (
            box.Element(Svg + "text")!.Value, box.Attribute("x")!.Value, box.Attribute("width")!.Value, box.Attribute("y")!.Value));

        Assert.Equal(
            [
                ("all", "0%", "100%", "64"),
                ("view (app/view.py:1)", "0%", "80%", "82"),
                ("query (app/query.py:2)", "0%", "60%", "100"),
                ("render (app/render.py:2)", "60%", "20%", "100"),
                ("other (app/other.py:1)", "80%", "20%", "82"),
                ("query (app/query.py:2)", "80%", "20%", "100"),
            ],
            boxes);
    }

    [Fact]
    public void A_title_tells_the_time_and_the_path_without_script() => Assert.Contains(
        "query (app/query.py:2): 6.0 s, 75%; itself 6.0 s (/srv/app/query.py)",
        Boxes(FlameGraph.Write(Profiles.Of((6, "view", "query"), (2, "view", "render")), ""))
            .Select(box => box.Element(Svg + "title")!.Value));

    [Fact]
    public void Names_that_a_worker_made_up_are_text()
    {
        var graph = XDocument.Parse(Encoding.UTF8.GetString(FlameGraph.Write(Profiles.Of((1, "view", Hostile)), Hostile)));

        Assert.Single(graph.Descendants(Svg + "script"));
        Assert.Contains(
            graph.Descendants(Svg + "text"),
            text => text.Value.StartsWith("<script>alert(1)</script>]]>\"'&?rev?\uFFFD", StringComparison.Ordinal));
    }

    [Fact]
    public void A_frame_without_a_file_has_no_control_characters()
    {
        var profile = new Profile();
        profile.Add([new("", 1, "\u001b[2Jview")], 1);

        Assert.Equal("?[2Jview 1000\n", Encoding.UTF8.GetString(FoldedStacks.Write(profile)));
        Assert.Contains("?[2Jview", Boxes(FlameGraph.Write(profile, "")).Select(box => box.Element(Svg + "text")!.Value));
    }

    [Fact]
    public void It_refers_to_nothing_outside()
    {
        var text = Encoding.UTF8.GetString(FlameGraph.Write(Profiles.Of((1, "view", "query")), ""));

        Assert.DoesNotContain("href", text, StringComparison.Ordinal);
        Assert.DoesNotContain("url(", text, StringComparison.Ordinal);
        Assert.DoesNotContain("http", text.Replace("http://www.w3.org/", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void A_profile_without_stacks_is_a_graph_without_boxes() => Assert.Empty(Boxes(FlameGraph.Write(new Profile(), "nothing")));

    private static IEnumerable<XElement> Boxes(byte[] graph) =>
        XDocument.Parse(Encoding.UTF8.GetString(graph)).Descendants(Svg + "svg").Where(box => box.Attribute("class")?.Value == "f");
}

using GunicornPrometheusExporter.Exporter.Readings;
using GunicornPrometheusExporter.Exporter.StatusPage;
using GunicornPrometheusExporter.Stacks;

namespace GunicornPrometheusExporter.Exporter.Profiles;

/// <summary>Draws a profile as a flame graph in one SVG file: callers above, zoom by click, search.</summary>
/// <remarks>The boxes have relative widths and clip their texts, so that the graph fills any window without its script.</remarks>
internal static class FlameGraph
{
    private const int RowHeight = 18;
    private const int Top = 64;

    // In percent: narrower boxes cannot be seen or hit.
    private const double Narrowest = 0.05;

    private static readonly string Style = Read("flame.css");
    private static readonly string Script = Read("flame.js");

    /// <param name="description">One line about how they were taken.</param>
    internal static byte[] Write(Profile profile, string description)
    {
        var root = FlameNode.Of(profile);
        var boxes = new HtmlWriter();
        var rows = Math.Max(1, root.Seconds > 0 ? Write(boxes, root, root.Seconds, 0, 0) : 0);
        var svg = new HtmlWriter();
        svg.Write($"""<svg xmlns="http://www.w3.org/2000/svg" width="100%" height="{Top + (rows * RowHeight)}">""");
        svg.Write($"""<title>Gunicorn profile</title><text class="h" x="8" y="20">Gunicorn profile</text>""");
        svg.Write($"""<text x="8" y="40">{Show.Printable(description)}</text>""");
        svg.Write($"""<text id="matched" x="226" y="58"></text><foreignObject x="8" y="44" width="210" height="20">""");
        svg.Write($"""<input xmlns="http://www.w3.org/1999/xhtml" id="search" type="search" placeholder="Search" aria-label="Search"/>""");
        svg.Write($"</foreignObject>");
        return Encoding.UTF8.GetBytes($"{svg}<style>{Style}</style>\n{boxes}<script><![CDATA[\n{Script}]]></script></svg>\n");
    }

    /// <summary>Writes the box of a node and those below it, and returns the number of rows.</summary>
    private static int Write(HtmlWriter svg, FlameNode node, double total, double left, int row)
    {
        var width = 100 * node.Seconds / total;
        if (width < Narrowest) return row;
        var (name, file) = (FrameText.Of(node.Frame), Show.Printable(node.Frame.File));
        var (x, y) = (Percent(left), Top + (row * RowHeight));
        svg.Write($"""<svg class="f" x="{x}" y="{y}" width="{Percent(width)}" height="{RowHeight - 1}">""");
        svg.Write($"""<title>{name}: {Show.Seconds(node.Seconds)}, {Percent(width)}; """);
        svg.Write($"""itself {Show.Seconds(node.OwnSeconds)}{Path(file)}</title>""");
        svg.Write($"""<rect width="100%" height="100%" fill="{ColourOf(node.Frame)}"/><text x="3" y="13">{name}</text></svg>""");
        svg.Write($"\n");
        var rows = row + 1;
        foreach (var child in node.Children)
        {
            rows = Math.Max(rows, Write(svg, child, total, left, row + 1));
            left += 100 * child.Seconds / total;
        }
        return rows;
    }

    private static string Path(string file) => file.Length == 0 ? "" : $" ({file})";

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share:0.###}%");

    /// <summary>Warm for the application, cold for everything else; the same for each occurrence of a function.</summary>
    private static string ColourOf(StackFrame frame)
    {
        var shade = frame.Function.Aggregate(0, (hash, letter) => ((hash * 31) + letter) % 1009);
        var hue = ApplicationFrames.IsOwn(frame) ? 15 + (shade % 35) : 185 + (shade % 35);
        return string.Create(CultureInfo.InvariantCulture, $"hsl({hue}, 75%, {70 + (shade % 10)}%)");
    }

    private static string Read(string name)
    {
        using var text = new StreamReader(typeof(FlameGraph).Assembly.GetManifestResourceStream(name)!);
        return text.ReadToEnd();
    }
}

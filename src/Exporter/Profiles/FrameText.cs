using GunicornPrometheusExporter.Exporter.Readings;
using GunicornPrometheusExporter.Stacks;

namespace GunicornPrometheusExporter.Exporter.Profiles;

/// <summary>The name of a frame in profiles.</summary>
internal static class FrameText
{
    /// <summary>With the last two parts of the path, which tell files of the same name apart: <c>view (shop/views.py:12)</c>.</summary>
    internal static string Of(StackFrame frame)
    {
        if (frame.File.Length == 0) return Show.Printable(frame.Function);
        var parts = frame.File.Split('/');
        var file = string.Join('/', parts[^Math.Min(2, parts.Length)..]);
        return Show.Printable(string.Create(CultureInfo.InvariantCulture, $"{frame.Function} ({file}:{frame.Line})"));
    }
}

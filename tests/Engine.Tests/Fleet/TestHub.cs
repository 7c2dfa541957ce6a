using System.Buffers;
using System.Text;
using GunicornPrometheusExporter.Engine.Tests.Exposition;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Fleet;

namespace GunicornPrometheusExporter.Engine.Tests.Fleet;

/// <summary>A hub, its source, its log and its clock.</summary>
internal sealed class TestHub
{
    private readonly FleetHub _hub;

    internal TestHub(bool isMerged, bool isSharing = false) => _hub = new FleetHub(Source, isMerged, Log, Clock, isSharing);

    internal TestSource Source { get; } = new();

    internal MessageList Log { get; } = new();

    internal TestClock Clock { get; } = new();

    internal NameEscaping Escaping { get; set; }

    internal async Task<ExpositionText> ReadAsync() => ExpositionText.Parse(await TextAsync());

    internal async Task<string> TextAsync(ExpositionFormat format = ExpositionFormat.Text, params string[] names)
    {
        await _hub.RefreshAsync();
        var output = new ArrayBufferWriter<byte>();
        _hub.Write(output, format, names.Length == 0 ? null : names.ToHashSet(), Escaping);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    internal async Task<string> HostTextAsync(ExpositionFormat format = ExpositionFormat.Text) => HostLines(await TextAsync(format));

    /// <summary>A hub's text without the families of the hub itself.</summary>
    internal static string HostLines(string text) => string.Concat(text
        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Where(line => !line.Contains("gunicorn_hub_", StringComparison.Ordinal) && !line.Contains("gunicorn_exporter_build", StringComparison.Ordinal))
        .Select(line => line + "\n"));
}

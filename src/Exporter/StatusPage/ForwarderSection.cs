using GunicornPrometheusExporter.Exporter.Control;
using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.StatusPage;

/// <summary>Writes the forwarders, if there are any.</summary>
internal static class ForwarderSection
{
    internal static void Write(HtmlWriter html, IReadOnlyDictionary<string, ForwarderReport> forwarders)
    {
        if (forwarders.Count == 0) return;
        StatusDocument.OpenTable(
            html, "forwarders", "Forwarders", $"What they sent since this exporter started; {ForwarderReport.Path} has more",
            ["Forwarder", "State", "Last success", "Lag", "Sent", "Failed", "Dropped", "Last error"]);
        foreach (var (name, report) in forwarders.OrderBy(forwarder => forwarder.Key, StringComparer.Ordinal))
        {
            html.Write($"""
                <tr><th scope="row"><bdi>{Show.Shortened(name)}</bdi></th><td>{report.State}</td><td>{TimeOf(report.LastSuccess)}</td>
                <td>{Show.Seconds(report.LagSeconds)}</td><td>{Show.Count(report.SnapshotsSent)}</td>
                <td>{Show.Count(report.SnapshotsFailed)}</td><td>{Show.Count(report.SnapshotsDropped)}</td>
                <td class="name"><bdi>{Show.Shortened(report.LastError ?? "")}</bdi></td></tr>
                """);
        }
        StatusDocument.CloseTable(html);
    }

    private static string TimeOf(double? seconds) => seconds is { } known
        ? DateTimeOffset.UnixEpoch.AddSeconds(known).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + " UTC"
        : "";
}

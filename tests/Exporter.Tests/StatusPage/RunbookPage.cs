using GunicornPrometheusExporter.Exporter.StatusPage;

namespace GunicornPrometheusExporter.Exporter.Tests.StatusPage;

/// <summary>The page with the runbooks, as the exporter serves it.</summary>
internal static class RunbookPage
{
    internal static string Html { get; } = Runbooks.Write(Read());

    internal static bool HasSection(string alert) => Html.Contains(
        $"id=\"{Runbooks.AddressOf(alert)["runbooks#".Length..]}\"><h2>{alert}</h2>", StringComparison.Ordinal);

    private static string Read()
    {
        using var text = new StreamReader(typeof(Runbooks).Assembly.GetManifestResourceStream("alerts.md")!);
        return text.ReadToEnd();
    }
}

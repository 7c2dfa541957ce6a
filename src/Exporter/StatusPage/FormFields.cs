namespace GunicornPrometheusExporter.Exporter.StatusPage;

/// <summary>Writes the fields that the forms of the page share.</summary>
internal static class FormFields
{
    /// <summary>Keeps the other parameters of the page when a form is sent.</summary>
    internal static void WriteHidden(HtmlWriter html, PageQuery query, params string[] own)
    {
        foreach (var (name, value) in query.Values.Where(pair => !own.Contains(pair.Name)))
        {
            html.Write($"""<input type="hidden" name="{name}" value="{value}">""");
        }
    }
}

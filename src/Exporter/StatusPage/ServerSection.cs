using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.StatusPage;

/// <summary>Writes which server the page is about.</summary>
internal static class ServerSection
{
    /// <summary>The heading: the application and its machine.</summary>
    internal static string TitleOf(Page page) => $"{Show.Shortened(page.Application ?? "Gunicorn")} on {page.Host}";

    internal static void Write(HtmlWriter html, Page page)
    {
        var now = page.Status.Now;
        html.Write($"""<dl id="server" class="facts" data-live>""");
        if (page.Hosts is null) WriteFact(html, "Bind", page.Status.Listeners.Select(listener => listener.Name));
        WriteFact(html, "Gunicorn", OfWorkers(now, "gunicorn"));
        WriteFact(html, "Python", OfWorkers(now, "python"));
        WriteFact(html, "Worker class", OfWorkers(now, "worker_class"));
        // While an upgrade replaces the master there are two.
        var seconds = now.Of(MetricCatalogue.MasterUptime).Select(master => master.Value).DefaultIfEmpty().Max();
        if (page.Hosts is null && seconds > 0)
        {
            var since = now.Time.AddSeconds(-seconds).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
            WriteFact(html, "Up since", [$"{since} UTC ({Show.Duration(seconds)})"]);
        }
        WriteFact(html, "Exporter", now.Of(MetricCatalogue.BuildInfo).Select(build => build["version"]).Distinct());
        html.Write($"</dl>");
    }

    /// <summary>The values of a label of all workers: two, for example, while an upgrade replaces the workers.</summary>
    private static IEnumerable<string> OfWorkers(Samples now, string label) =>
        now.Of(MetricCatalogue.WorkerInfo).Select(worker => worker[label]).Where(value => value.Length > 0).Distinct().Order();

    private static void WriteFact(HtmlWriter html, string name, IEnumerable<string> values)
    {
        var text = string.Join(", ", values);
        if (text.Length > 0) html.Write($"<div><dt>{name}</dt><dd><bdi>{Show.Shortened(text)}</bdi></dd></div>");
    }
}

using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>Whether something was not recorded, or could not be read.</summary>
internal static class LossCheck
{
    internal static IEnumerable<Finding> Find(ExporterView exporter)
    {
        if (exporter.Now.Sum(MetricCatalogue.Dropped) is { } dropped and > 0)
        {
            yield return Finding.Error(
                $"{exporter.Name}: {dropped} recordings were dropped; look in Gunicorn's log for why, and at the room of the store's disk");
        }
        if (exporter.Now.Sum(MetricCatalogue.CorruptFiles) is { } corrupt and > 0)
        {
            yield return Finding.Error(
                $"{exporter.Name}: store files could not be read, {corrupt} times; the exporter's log names them and why");
        }
    }
}

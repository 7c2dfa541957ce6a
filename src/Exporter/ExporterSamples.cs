using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Folding;

namespace GunicornPrometheusExporter.Exporter;

/// <summary>Adds the compactions, the failures of each background task, and the result of the last reload.</summary>
internal sealed class ExporterSamples(
    ConfigurationInForce configuration, StoreFolding folding, IReadOnlyList<BackgroundWork> work) : ISampleSource
{
    public string Name => "exporter";

    public void Add(FamilyTable families)
    {
        families.Set(MetricCatalogue.Compactions, folding.Compactions);
        foreach (var task in work) families.Set(MetricCatalogue.BackgroundFailures, task.Failures, new Label("work", task.Name));
        var reload = configuration.Status;
        families.Set(MetricCatalogue.ConfigReloadSuccessful, reload.IsSuccessful ? 1 : 0);
        families.Set(MetricCatalogue.ConfigReloadTime, (reload.LastSuccess - DateTimeOffset.UnixEpoch).TotalSeconds);
    }
}

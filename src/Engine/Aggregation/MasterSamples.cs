using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>Adds the memory and age of the masters.</summary>
/// <remarks>During an upgrade there are two masters: memory is their sum, and the age is that of the older one.</remarks>
internal sealed class MasterSamples(SlotLiveness slots) : ISampleSource
{
    public string Name => "masters";

    public void Add(FamilyTable families)
    {
        if (ProcessReading.TrySum(slots.Masters, out var masters))
        {
            families.Set(MetricCatalogue.MasterUptime, masters.AgeSeconds);
            families.Set(MetricCatalogue.MasterMemory, masters.ResidentBytes);
        }
    }
}

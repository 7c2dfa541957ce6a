using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>Adds the memory and age of the masters.</summary>
/// <remarks>During an upgrade there are two masters: memory is their sum, and the age is that of the older one.</remarks>
internal sealed class MasterSamples(SlotLiveness slots) : ISampleSource
{
    public string Name => "masters";

    public void Add(FamilyTable families)
    {
        var (age, memory, isKnown) = (0.0, 0.0, false);
        foreach (var pid in slots.Masters)
        {
            if (!ProcessReading.TryRead(pid, out var reading)) continue;
            isKnown = true;
            age = Math.Max(age, reading.AgeSeconds);
            memory += reading.ResidentBytes;
        }
        if (isKnown)
        {
            families.Set(MetricCatalogue.MasterUptime, age);
            families.Set(MetricCatalogue.MasterMemory, memory);
        }
    }
}

using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>Adds the exporter's own resource use, under Prometheus' standard <c>process_</c> names.</summary>
/// <remarks>Adds nothing where <c>/proc</c> is not mounted.</remarks>
internal sealed class ProcessSamples : ISampleSource
{
    private readonly double _startTime;

    public ProcessSamples(TimeProvider time)
    {
        if (ProcessReading.TryRead(Environment.ProcessId, out var reading))
        {
            _startTime = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds - reading.AgeSeconds;
        }
    }

    public string Name => "process";

    public void Add(FamilyTable families)
    {
        if (!ProcessReading.TryRead(Environment.ProcessId, out var reading)) return;
        families.Set(MetricCatalogue.ProcessCpuSeconds, reading.UserSeconds + reading.SystemSeconds);
        families.Set(MetricCatalogue.ProcessResidentMemory, reading.ResidentBytes);
        families.Set(MetricCatalogue.ProcessVirtualMemory, reading.VirtualBytes);
        families.Set(MetricCatalogue.ProcessMaximumVirtualMemory, Libc.LimitOf(Libc.AddressSpaceLimit));
        families.Set(MetricCatalogue.ProcessStartTime, _startTime);
        if (ProcessStatistics.OpenFiles() is { } files) families.Set(MetricCatalogue.ProcessOpenFiles, files);
        families.Set(MetricCatalogue.ProcessMaximumFiles, ProcessStatistics.MaximumFiles());
    }
}

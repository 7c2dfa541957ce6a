using System.Globalization;
using System.IO.Enumeration;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>Adds the exporter's own resource use, under Prometheus' standard <c>process_</c> names.</summary>
/// <remarks>Adds nothing where <c>/proc</c> is not mounted.</remarks>
internal sealed class ProcessSamples : ISampleSource
{
    private const string Self = "/proc/self";

    private readonly double _startTime;
    private readonly double? _maximumFiles = LimitOf("Max open files");
    private readonly double? _maximumMemory = LimitOf("Max address space");

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
        if (_maximumMemory is { } memory) families.Set(MetricCatalogue.ProcessMaximumVirtualMemory, memory);
        families.Set(MetricCatalogue.ProcessStartTime, _startTime);
        families.Set(MetricCatalogue.ProcessOpenFiles, OpenFiles());
        if (_maximumFiles is { } files) families.Set(MetricCatalogue.ProcessMaximumFiles, files);
    }

    /// <summary>The number of open files: from Linux 6.2 on the size of the directory, which costs less than counting.</summary>
    private static double OpenFiles() =>
        Libc.TryGetStatus($"{Self}/fd", out var status) && status.Size > 0
            ? status.Size
            : new FileSystemEnumerable<byte>($"{Self}/fd", (ref _) => 0).Count();

    /// <summary>A soft limit; 2^64 - 1 if it is unlimited, as Prometheus' clients report it; null if it is unknown.</summary>
    private static double? LimitOf(string name)
    {
        if (!File.Exists($"{Self}/limits")) return null;
        // "Max open files            1024                 524288               files"
        var line = File.ReadLines($"{Self}/limits").FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        return line?[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries) switch
        {
            ["unlimited", ..] => ulong.MaxValue,
            [var soft, ..] when ulong.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) => limit,
            _ => null,
        };
    }
}

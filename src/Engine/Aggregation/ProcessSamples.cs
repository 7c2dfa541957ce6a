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
    private readonly double _maximumFiles;

    public ProcessSamples(TimeProvider time)
    {
        _maximumFiles = MaximumFiles();
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
        families.Set(MetricCatalogue.ProcessStartTime, _startTime);
        families.Set(MetricCatalogue.ProcessOpenFiles, OpenFiles());
        if (_maximumFiles > 0) families.Set(MetricCatalogue.ProcessMaximumFiles, _maximumFiles);
    }

    /// <summary>The number of open files: from Linux 6.2 on the size of the directory, which costs less than counting.</summary>
    private static double OpenFiles() =>
        Libc.TryGetStatus($"{Self}/fd", out var status) && status.Size > 0
            ? status.Size
            : new FileSystemEnumerable<byte>($"{Self}/fd", (ref _) => 0).Count();

    /// <summary>The soft limit on open files; 0 if it is unknown or unlimited.</summary>
    private static double MaximumFiles()
    {
        if (!File.Exists($"{Self}/limits")) return 0;
        // "Max open files            1024                 524288               files"
        const string Name = "Max open files";
        var line = File.ReadLines($"{Self}/limits").FirstOrDefault(line => line.StartsWith(Name, StringComparison.Ordinal));
        var fields = line?[Name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields is not [var soft, ..]) return 0;
        return double.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : 0;
    }
}

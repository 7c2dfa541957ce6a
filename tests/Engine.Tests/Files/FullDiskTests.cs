using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Recording;
using GunicornPrometheusExporter.Workers;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Files;

public sealed class FullDiskTests
{
    // The files that a worker opens are of 16 to 64 KiB: each of these is full at another one of them.
    public static TheoryData<int> Rooms { get; } = [4, 40, 100, 140, 200, 220, 280, 300];

    [Theory, MemberData(nameof(Rooms))]
    public void A_store_that_cannot_be_opened_leaves_nothing_open_and_no_slot_taken(int kilobytes)
    {
        using var disk = new SmallDisk(kilobytes);
        var failures = 0;
        for (var attempt = 0; attempt < 20; attempt++)
        {
            try
            {
                new PrometheusWorker(SlotStore.Open(disk.Path, SlotKind.Worker, EntryLayout.Timestamped), TimeProvider.System, nativeSchema: 3)
                    .Dispose();
            }
            catch (Exception e) when (e is StoreException or IOException)
            {
                failures++;
            }
            Assert.Equal((0, 0), (Descriptors(disk.Path), Mappings(disk.Path)));
        }
        Assert.Equal(20, failures);
        Assert.Empty(Directory.GetFiles(disk.Path, "flight_*"));
    }

    private static int Descriptors(string directory) => Directory.GetFiles("/proc/self/fd")
        .Count(path => new FileInfo(path).LinkTarget?.StartsWith(directory, StringComparison.Ordinal) == true);

    private static int Mappings(string directory) =>
        File.ReadLines("/proc/self/maps").Count(line => line.Contains(directory, StringComparison.Ordinal));
}

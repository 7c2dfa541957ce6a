using GunicornPrometheusExporter.Files;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Files;

public sealed class BusErrorsTests
{
    private const int KilledByBusError = 128 + 7;

    private const string Source = """
        using System.Buffers;
        using System.IO.MemoryMappedFiles;
        using System.Runtime.InteropServices;
        using GunicornPrometheusExporter.Aggregation;
        using Microsoft.Extensions.Logging.Abstractions;

        // A scrape of a file installs the handler.
        using var store = new StoreAggregator(args[0], NullLogger.Instance);
        store.Scrape(new ArrayBufferWriter<byte>());

        var path = Path.GetTempFileName();
        File.WriteAllBytes(path, new byte[4096]);
        using var file = MemoryMappedFile.CreateFromFile(path, FileMode.Open);
        using var view = file.CreateViewAccessor();
        using (var other = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) RandomAccess.SetLength(other, 0);
        File.Delete(path);
        var page = view.SafeMemoryMappedViewHandle.DangerousGetHandle();
        if (args[1] == "foreign") C.memcpy(Marshal.AllocHGlobal(8), page, 8);
        else Console.WriteLine(Marshal.ReadInt64(page));
        Thread.Sleep(TimeSpan.FromSeconds(20));
        return 0;

        static class C
        {
            [DllImport("libc")] public static extern nint memcpy(nint to, nint from, nint count);
        }
        """;

    [Fact]
    public void A_bus_error_that_no_file_of_a_store_raised_kills_the_process()
    {
        using var store = new TemporaryDirectory();
        TestFile.Write(store["counter_1.db"], EntryLayout.ValueOnly, TestEntry.Of("a", "a_total", [], 1));
        using var program = new PackageProgram(Source);

        Assert.Equal((KilledByBusError, ""), program.Run(store.Path, "foreign"));
        Assert.NotEqual(0, program.Run(store.Path, "managed").Status);
    }
}

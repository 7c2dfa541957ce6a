using System.Buffers;
using System.Globalization;
using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Bench.Floor;
using Microsoft.Extensions.Logging.Abstractions;

// What a scrape of a directory costs beside the least that any could: "floor scrape allocated", in ms and ms of processor time, and bytes.
const int Rounds = 200;

using var aggregator = new StoreAggregator(args[0], NullLogger.Instance);
var output = new ArrayBufferWriter<byte>();
aggregator.Scrape(output);
using var doubles = new MappedDoubles(args[0]);
var copy = new byte[output.WrittenCount];

var (floors, scrapes) = (new double[Rounds], new double[Rounds]);
var allocated = 0L;
for (var round = 0; round < Rounds; round++)
{
    var start = Environment.CpuUsage.TotalTime;
    _ = doubles.Sum();
    output.WrittenSpan.CopyTo(copy);
    floors[round] = (Environment.CpuUsage.TotalTime - start).TotalMilliseconds;

    output.ResetWrittenCount();
    var before = GC.GetAllocatedBytesForCurrentThread();
    start = Environment.CpuUsage.TotalTime;
    aggregator.Scrape(output);
    scrapes[round] = (Environment.CpuUsage.TotalTime - start).TotalMilliseconds;
    allocated = GC.GetAllocatedBytesForCurrentThread() - before;
    if (copy.Length < output.WrittenCount) copy = new byte[output.WrittenCount];
}
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Median(floors):F4} {Median(scrapes):F4} {allocated}"));

static double Median(double[] times) => times.Order().ElementAt(times.Length / 2);

using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Deaths;
using GunicornPrometheusExporter.Fuzz.Inputs;
using GunicornPrometheusExporter.Fuzz.Oracles;
using GunicornPrometheusExporter.Metrics;
using Microsoft.Extensions.Logging.Abstractions;

namespace GunicornPrometheusExporter.Fuzz.Targets;

/// <summary>A dead worker's flight file, the master's record of its exit and the ledger of deaths, each anything.</summary>
internal sealed class DeathTarget : IFuzzTarget
{
    private const int Pid = 900_000_001;
    private const int Entries = 1216;
    private const int EntrySize = 512;
    private const string Flight = "flight_worker-1_1.bin";
    private const string Exits = "master-1.exits";
    private const string Ledger = "counter_exporter-1.db";

    private readonly FuzzDirectory _directory = new();
    private readonly ValidFile _valid;

    public DeathTarget() => _valid = new ValidFile(_directory);

    public string Name => "deaths";

    public int Share => 1;

    public byte[] Make(Random random) => new InputWriter()
        .Block(Mutations.Damage(random, FlightFile(random)))
        .Block(random.Next(4) == 0 ? Mutations.Damage(random, ExitRecord(random)) : ExitRecord(random))
        .Block(random.Next(2) == 0 ? [] : Mutations.Damage(random, StoreContent.Make(random, MetricType.Counter)))
        .ToArray();

    public bool Run(ReadOnlySpan<byte> input)
    {
        var script = new InputReader(input);
        File.WriteAllBytes(_directory[Flight], script.TakeBlock());
        File.WriteAllBytes(_directory[Exits], script.TakeBlock());
        var ledger = script.TakeBlock();
        File.Delete(_directory[Ledger]);
        if (!ledger.IsEmpty) File.WriteAllBytes(_directory[Ledger], ledger);
        try
        {
            using var aggregator = new StoreAggregator(_directory.Path, NullLogger.Instance);
            var accountant = new DeathAccountant(_directory.Path, aggregator.Flights, 200, NullLogger.Instance);
            _valid.Change();
            var before = Scrape(aggregator);
            accountant.Account();
            var accounted = Scrape(aggregator);
            accountant.Account();
            var again = Scrape(aggregator);
            Grow(before, accounted);
            Grow(accounted, again);
            foreach (var (sample, value) in accounted)
            {
                if (sample.StartsWith("gunicorn_worker_requests_lost_total", StringComparison.Ordinal))
                {
                    FuzzFailure.Unless(value.Equals(again[sample]), $"{sample} counts a death again: {value:R}, {again[sample]:R}");
                }
            }
            return accounted.GetValueOrDefault("gunicorn_exporter_corrupt_files_total") == 0;
        }
        finally
        {
            foreach (var file in Directory.GetFiles(_directory.Path, "*.corrupt")) File.Delete(file);
        }
    }

    public void Dispose()
    {
        _valid.Dispose();
        _directory.Dispose();
    }

    /// <summary>Fails if the busy time of a worker, which nothing but its files of flights tells of, falls or is no number.</summary>
    private static void Grow(Dictionary<string, double> before, Dictionary<string, double> after)
    {
        const string busy = "gunicorn_worker_busy_seconds_total{worker_id=\"worker_1\"}";
        if (!before.TryGetValue(busy, out var least)) return;
        FuzzFailure.Unless(
            (after.TryGetValue(busy, out var value) && value >= least) || least == 0, $"busy seconds go from {least:R} to {value:R}");
    }

    private Dictionary<string, double> Scrape(StoreAggregator aggregator)
    {
        var output = new ArrayBufferWriter<byte>();
        aggregator.Scrape(output);
        var samples = TextCheck.Text(output.WrittenSpan);
        _valid.Verify(samples);
        return samples;
    }

    private static byte[] ExitRecord(Random random)
    {
        var reason = WorkerExitReasons.All[random.Next(WorkerExitReasons.All.Length)];
        var time = random.Next(4) == 0 ? "1e300" : $"{2_000_000 + random.Next(10)}";
        return Encoding.UTF8.GetBytes($$"""{"pid": {{Pid}}, "reason": "{{reason}}", "signal": null, "exit_code": 0, "monotonic": {{time}}}""" + "\n");
    }

    /// <summary>A flight file, apart from the product's writer.</summary>
    private static byte[] FlightFile(Random random)
    {
        var entries = random.Next(4);
        var bytes = new byte[Entries + (EntrySize * (entries + random.Next(2)))];
        "GPEFLT03"u8.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), Pid);
        var committed = random.Next(4);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16), committed);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(20), random.Next(8) == 0 ? committed - 1 : committed);
        BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(32), 1000 + random.Next(100));
        foreach (var record in (int[])[64, 608])
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(record), entries);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(record + 4), random.Next(-1, entries));
            BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(record + 8), random.NextDouble() * 100);
            BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(record + 16), 1000 + random.Next(100));
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(record + 24), random.Next(20));
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(record + 36), 8 * random.Next(100));
        }
        for (var i = 0; i < entries; i++)
        {
            var entry = bytes.AsSpan(Entries + (EntrySize * i));
            BinaryPrimitives.WriteInt32LittleEndian(entry, random.Next(4));
            BinaryPrimitives.WriteInt32LittleEndian(entry[4..], random.Next(700));
            BinaryPrimitives.WriteDoubleLittleEndian(entry[8..], 1000 + random.Next(100));
            entry[32] = 1;
            entry[36] = (byte)random.Next(40);
            entry[37] = 32;
            entry[38] = (byte)random.Next(256);
            entry[40] = (byte)random.Next(200);
            random.NextBytes(entry[48..512]);
        }
        return bytes;
    }
}

using System.Buffers;
using System.Text;
using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Deaths;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Flights;
using GunicornPrometheusExporter.Folding;
using GunicornPrometheusExporter.Fuzz.Inputs;
using GunicornPrometheusExporter.Fuzz.Oracles;
using GunicornPrometheusExporter.Master;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Slots;
using Microsoft.Extensions.Logging.Abstractions;

namespace GunicornPrometheusExporter.Fuzz.Targets;

/// <summary>What stands beside the values of a store, each anything and of any size: ledger, exits, incarnation, pids, an archive's tail.</summary>
internal sealed class SideFilesTarget : IFuzzTarget
{
    private const int Dead = 900_000_001;
    private const string Flight = "flight_worker-1_1.bin";
    private const string Archive = "counter_archive.db";

    // Of a file of values as much is read as is in use, so it grows less than what is read whole.
    private static readonly (string Name, long Largest)[] Files =
    [
        ("counter_exporter-1.db", 3L << 30), ("master-1.exits", 3L << 30), ("incarnation", 3L << 30), ("pids.json", 3L << 30),
        (Archive, 32L << 20),
    ];

    private readonly FuzzDirectory _directory = new();
    private readonly ValidFile _valid;

    public SideFilesTarget() => _valid = new ValidFile(_directory);

    public string Name => "sides";

    public int Share => 2;

    public byte[] Make(Random random)
    {
        byte[][] contents =
        [
            WithTail(random, Flight), Encoding.UTF8.GetBytes(Exits(random)),
            Encoding.UTF8.GetBytes($"{random.NextInt64():x32}-{random.Next()}"), Encoding.UTF8.GetBytes(Pids(random)),
            WithTail(random, $"counter_{Dead}.db", $"counter_{Dead}.db/{random.Next(9)}.{random.Next(9)}.{random.Next(9)}", "counter_1.db"),
        ];
        var input = new InputWriter();
        foreach (var content in contents)
        {
            input.Choice(random.Next(8)).Block(random.Next(3) == 0 ? Mutations.Damage(random, content) : content);
        }
        return input.ToArray();
    }

    public bool Run(ReadOnlySpan<byte> input)
    {
        var script = new InputReader(input);
        foreach (var (name, largest) in Files)
        {
            var isGiant = script.Choose(8) == 1;
            using var file = File.Create(_directory[name]);
            file.Write(script.TakeBlock());
            if (isGiant) file.SetLength(largest);
        }
        File.WriteAllBytes(_directory[Flight], DeadFlight());
        File.WriteAllBytes(_directory[$"counter_{Dead}.db"], StoreContent.Make(new Random(1), MetricType.Counter));
        var own = _directory[$"counter_{Environment.ProcessId}.db"];
        File.WriteAllBytes(own, []);
        try
        {
            _valid.Change();
            return Read(own);
        }
        finally
        {
            foreach (var file in Directory.GetFiles(_directory.Path).Where(path => path != _directory["counter_2.db"])) File.Delete(file);
        }
    }

    public void Dispose()
    {
        _valid.Dispose();
        _directory.Dispose();
    }

    private bool Read(string own)
    {
        var incarnation = StoreIncarnation.Of(_directory.Path);
        FuzzFailure.Unless(incarnation == StoreIncarnation.Of(_directory.Path), "an incarnation is not kept");
        _ = StoreFileName.TryParse(Path.GetFileName(own), out var name);
        FuzzFailure.Unless(!new PidRecord(_directory.Path).HasEnded(own, name), "this process has ended, it seems");

        using var aggregator = new StoreAggregator(_directory.Path, NullLogger.Instance);
        var accountant = new DeathAccountant(_directory.Path, aggregator.Flights, 200, NullLogger.Instance);
        Scrape(aggregator);
        FuzzFailure.Unless(accountant.Account() is null, "a death cannot be accounted for");
        var accounted = Lost(Scrape(aggregator));
        FuzzFailure.Unless(accountant.Account() is null, "a death cannot be accounted for a second time");
        FuzzFailure.Unless(accounted.Equals(Lost(Scrape(aggregator))), "a death is counted again");

        using var folding = new StoreFolding(_directory.Path, NullLogger.Instance, aggregator.Damaged);
        var fault = folding.Fold();
        FuzzFailure.Unless(fault?.Contains(Archive, StringComparison.Ordinal) != false, $"nothing but the archive may keep files from being folded: {fault}");
        Scrape(aggregator);
        FuzzFailure.Unless(folding.Fold() == fault, "a fold that failed goes on otherwise");
        return fault is null && aggregator.Flights.CorruptFiles == 0;
    }

    private Dictionary<string, double> Scrape(StoreAggregator aggregator)
    {
        var output = new ArrayBufferWriter<byte>();
        aggregator.Scrape(output);
        var samples = TextCheck.Text(output.WrittenSpan);
        _valid.Verify(samples);
        return samples;
    }

    private static double Lost(Dictionary<string, double> samples) => samples
        .Where(sample => sample.Key.StartsWith("gunicorn_worker_requests_lost_total", StringComparison.Ordinal)).Sum(sample => sample.Value);

    /// <summary>A file of values that has some of these names behind them.</summary>
    private static byte[] WithTail(Random random, params string[] names)
    {
        var content = StoreContent.Make(random, MetricType.Counter);
        if (random.Next(3) == 0 || !EntryWalk.TryGetUsed(content, content.Length, out var used) || used == 0) return content;
        var tail = CountedFiles.Write(names.Where(_ => random.Next(2) == 0));
        return [.. content[..used], .. random.Next(3) == 0 ? Mutations.Damage(random, tail) : tail];
    }

    private static string Exits(Random random)
    {
        string[] numbers = ["2000000", "1e300", "-1e300", "0", "1.5", "NaN", "\"x\"", "null"];
        string Number() => numbers[random.Next(numbers.Length)];
        var lines = Enumerable.Range(0, random.Next(4)).Select(_ =>
            $$"""{"pid": {{Dead}}, "reason": "signal", "signal": "SIGKILL", "exit_code": null, "time": {{Number()}}, "monotonic": {{Number()}}}""");
        return string.Join('\n', lines) + "\n";
    }

    private static string Pids(Random random)
    {
        var space = ProcessSpace.Current();
        string[] times = [$"{ClockSteps.RealAtBoot():R}".Replace(',', '.'), "0", "1e300", "-1", "null", "\"x\""];
        return $$"""{"boot_id":"{{space.BootId}}","pid_namespace":"{{space.PidNamespace}}","booted_at":{{times[random.Next(times.Length)]}}}""";
    }

    /// <summary>That of a worker that died over one request.</summary>
    private static byte[] DeadFlight()
    {
        var bytes = new byte[1216 + 512];
        "GPEFLT03"u8.CopyTo(bytes);
        BitConverter.TryWriteBytes(bytes.AsSpan(8), Dead);
        BitConverter.TryWriteBytes(bytes.AsSpan(64), 1);
        BitConverter.TryWriteBytes(bytes.AsSpan(80), 1.0);
        BitConverter.TryWriteBytes(bytes.AsSpan(1216), (int)FlightState.Running);
        bytes[1216 + 32] = 1;
        return bytes;
    }
}

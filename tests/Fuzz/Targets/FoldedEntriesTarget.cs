using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Folding;
using GunicornPrometheusExporter.Fuzz.Inputs;
using GunicornPrometheusExporter.Fuzz.Oracles;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Fuzz.Targets;

/// <summary>The merge of an archive and a dead process's file, in memory: what comes out is what was put in, by the rule.</summary>
internal sealed class FoldedEntriesTarget : IFuzzTarget
{
    private static readonly (GaugeMode Rule, MetricType Type)[] Rules =
    [
        (GaugeMode.Sum, MetricType.Counter), (GaugeMode.Sum, MetricType.Histogram), (GaugeMode.Min, MetricType.Gauge),
        (GaugeMode.Max, MetricType.Gauge), (GaugeMode.MostRecent, MetricType.Gauge),
    ];

    public string Name => "entries";

    public int Share => 772;

    public byte[] Make(Random random)
    {
        var rule = random.Next(Rules.Length);
        var one = StoreContent.Make(random, Rules[rule].Type);
        var other = random.Next(2) == 0 ? StoreContent.Make(random, Rules[rule].Type) : StoreContent.Grow(random, one, Rules[rule].Type);
        return new InputWriter().Choice(rule)
            .Block(Mutations.Damage(random, (byte[])one.Clone()))
            .Block(random.Next(2) == 0 ? other : Mutations.Damage(random, other))
            .ToArray();
    }

    public bool Run(ReadOnlySpan<byte> input)
    {
        var script = new InputReader(input);
        var rule = Rules[script.Choose(Rules.Length)].Rule;
        byte[][] files = [script.TakeBlock().ToArray(), script.TakeBlock().ToArray()];
        var folded = new FoldedEntries(rule);
        var expected = new ReferenceMerge(rule);
        var isValid = true;
        foreach (var file in files)
        {
            var readings = ReferenceFile.Read(file);
            var isTaken = EntryWalk.TryGetUsed(file, file.Length, out var used) && folded.TryAdd(file.AsSpan(0, used), out _);
            FuzzFailure.Unless(isTaken == (readings.Count > 0), $"a file with {readings.Count} readings is {(isTaken ? "" : "not ")}folded");
            // Two readings: neither is wrong, and there is nothing to compare with.
            if (readings.Count > 1) return true;
            if (isTaken) expected.Add(file, readings[0]);
            isValid &= isTaken;
        }
        var merged = folded.ToContent(EntryLayout.Timestamped) ?? throw new FuzzFailure("the archive is too large");
        var result = ReferenceFile.Read(merged);
        FuzzFailure.Unless(result.Count > 0, "the archive is damaged");
        expected.Verify(merged, result[0]);

        // An archive that is folded once more says the same.
        var again = new FoldedEntries(rule);
        FuzzFailure.Unless(again.TryAdd(merged, out _), "the archive cannot be folded");
        FuzzFailure.Unless(again.ToContent(EntryLayout.Timestamped).AsSpan().SequenceEqual(merged), "the archive changes when it is folded");
        return isValid;
    }

    public void Dispose()
    {
    }
}

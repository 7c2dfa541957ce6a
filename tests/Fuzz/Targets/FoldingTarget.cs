using System.Buffers;
using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Folding;
using GunicornPrometheusExporter.Fuzz.Inputs;
using GunicornPrometheusExporter.Fuzz.Oracles;
using GunicornPrometheusExporter.Metrics;
using Microsoft.Extensions.Logging.Abstractions;

namespace GunicornPrometheusExporter.Fuzz.Targets;

/// <summary>Whole folds of an archive, tail included, and two dead processes' files: no scrape tells the difference.</summary>
internal sealed class FoldingTarget : IFuzzTarget
{
    private static readonly StoreFileName[] Archives = [.. StoreFileName.Archives];

    private readonly FuzzDirectory _directory = new();

    public string Name => "folding";

    public int Share => 2;

    public byte[] Make(Random random)
    {
        var archive = random.Next(Archives.Length);
        var type = Archives[archive].Type;
        var names = new[] { 1, 2, 3 }.Select(dead => FileOf(Archives[archive], dead));
        byte[] old = random.Next(3) == 0 ? [] : StoreContent.Make(random, type);
        if (random.Next(2) == 0 && EntryWalk.TryGetUsed(old, old.Length, out var used) && used > 0)
        {
            old = [.. old[..used], .. CountedFiles.Write(names.Where(_ => random.Next(2) == 0))];
        }
        return new InputWriter().Choice(archive)
            .Block(Mutations.Damage(random, StoreContent.Make(random, type)))
            .Block(StoreContent.Make(random, type))
            .Block(random.Next(2) == 0 ? old : Mutations.Damage(random, old))
            .ToArray();
    }

    public bool Run(ReadOnlySpan<byte> input)
    {
        var script = new InputReader(input);
        var archive = Archives[script.Choose(Archives.Length)];
        _directory.Clear();
        var isValid = true;
        // What is not comparable is decided by the order of the files, which a fold changes: docs/folding.md.
        var isComparable = archive.Rule != GaugeMode.MostRecent;
        // The archive last: a file that is younger than the archive which names it is another process's by now.
        foreach (var name in (string[])[FileOf(archive, 1), FileOf(archive, 2), archive.ToString()])
        {
            var content = script.TakeBlock().ToArray();
            if (content.Length == 0) continue;
            File.WriteAllBytes(_directory[name], content);
            var readings = ReferenceFile.Read(content);
            isValid &= readings.Count > 0;
            isComparable &= archive.Rule == GaugeMode.Sum || !readings.Exists(entries => entries.Exists(entry => entry.IsNaN));
        }

        using var aggregator = new StoreAggregator(_directory.Path, NullLogger.Instance);
        var before = Samples(aggregator);
        using (var folding = new StoreFolding(_directory.Path, NullLogger.Instance)) folding.Fold();
        Compare(archive, isComparable, before, Samples(aggregator));
        using var fresh = new StoreAggregator(_directory.Path, NullLogger.Instance);
        Compare(archive, isComparable, before, Samples(fresh));
        return isValid;
    }

    public void Dispose() => _directory.Dispose();

    private static string FileOf(StoreFileName archive, int dead) => (archive with { Owner = $"{900_000_000 + dead}" }).ToString();

    private static void Compare(
        StoreFileName archive, bool isComparable, Dictionary<string, double> before, Dictionary<string, double> after)
    {
        FuzzFailure.Unless(
            before.Keys.ToHashSet().SetEquals(after.Keys),
            $"{archive}: samples go: {string.Join(' ', before.Keys.Except(after.Keys))}; come: {string.Join(' ', after.Keys.Except(before.Keys))}");
        if (!isComparable) return;
        foreach (var (sample, value) in before)
        {
            FuzzFailure.Unless(value == after[sample] || value.Equals(after[sample]), $"{sample} was {value:R}, is {after[sample]:R}");
        }
    }

    private static Dictionary<string, double> Samples(StoreAggregator aggregator)
    {
        var output = new ArrayBufferWriter<byte>();
        aggregator.Scrape(output, ExpositionFormat.Text);
        return TextCheck.Text(output.WrittenSpan)
            .Where(sample => !sample.Key.StartsWith("gunicorn_", StringComparison.Ordinal) && !sample.Key.StartsWith("process_", StringComparison.Ordinal))
            .ToDictionary();
    }
}

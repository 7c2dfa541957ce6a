using System.Diagnostics;
using System.Globalization;

namespace GunicornPrometheusExporter.Fuzz;

/// <summary>Runs inputs that follow from a seed: the corpus, then what the targets make.</summary>
/// <param name="targets">The targets; each gets its share.</param>
/// <param name="seed">The same seed makes the same inputs, whatever their number.</param>
internal sealed class SeededRun(IFuzzTarget[] targets, int seed)
{
    // Past this an input makes its reader take memory that nothing in a file of 64 KB explains.
    private const long MostBytes = 64 << 20;
    private const int MostFindings = 10;
    private const int Progress = 250_000;

    private readonly int[] _valid = new int[targets.Length];
    private readonly long[] _executions = new long[targets.Length];
    private readonly TimeSpan[] _time = new TimeSpan[targets.Length];
    private int _findings;

    /// <summary>Runs so many inputs, the corpus not among them.</summary>
    /// <returns>Whether there was no finding.</returns>
    public bool Execute(long executions)
    {
        for (var target = 0; target < targets.Length; target++)
        {
            foreach (var path in CorpusOf(targets[target])) Execute(target, File.ReadAllBytes(path), Path.GetFileName(path));
        }
        var turns = targets.SelectMany((target, index) => Enumerable.Repeat(index, target.Share)).ToArray();
        new Random(seed).Shuffle(turns);
        for (var i = 0L; i < executions && _findings < MostFindings; i++)
        {
            var target = turns[i % turns.Length];
            var input = targets[target].Make(new Random(unchecked((int)((seed * 0x9E37_79B9L) + i))));
            if (i > 0 && i % Progress == 0) Console.WriteLine($"fuzz: {i} so far");
            Execute(target, input, string.Create(CultureInfo.InvariantCulture, $"seed-{seed}-{i}"));
        }
        for (var target = 0; target < targets.Length; target++)
        {
            var (count, valid) = (_executions[target], _valid[target]);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"fuzz: {targets[target].Name}: {count} executions, {valid} of them valid, {count / _time[target].TotalSeconds:F0} a second"));
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"fuzz: {_executions.Sum()} executions, seed {seed}, {_findings} findings"));
        return _findings == 0;
    }

    private static IEnumerable<string> CorpusOf(IFuzzTarget target)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "corpus", target.Name);
        return Directory.Exists(folder) ? Directory.GetFiles(folder).Order(StringComparer.Ordinal) : [];
    }

    private void Execute(int target, byte[] input, string name)
    {
        var start = Stopwatch.GetTimestamp();
        try
        {
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            if (targets[target].Run(input)) _valid[target]++;
            FuzzFailure.Unless(GC.GetAllocatedBytesForCurrentThread() - allocated < MostBytes, "an input takes more memory than it is worth");
        }
        catch (Exception e)
        {
            Report(targets[target], input, name, e);
        }
        _executions[target]++;
        _time[target] += Stopwatch.GetElapsedTime(start);
    }

    private void Report(IFuzzTarget target, byte[] input, string name, Exception finding)
    {
        _findings++;
        var path = Path.GetFullPath(Path.Combine("out", "fuzz", $"{target.Name}-{name}.bin"));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, input);
        Console.Error.WriteLine($"fuzz: {target.Name}, {name}: {finding}\nfuzz: replay {target.Name} {path}");
    }
}

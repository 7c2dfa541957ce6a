using System.Globalization;

namespace GunicornPrometheusExporter.Fuzz;

/// <summary>The command line.</summary>
internal static class FuzzCommand
{
    private const string Usage = """
        run EXECUTIONS [SEED [TARGET]]   seeded inputs for every target, by its share, or for one
        replay TARGET FILE...            one input each
        make TARGET COUNT FOLDER         writes inputs, for a corpus to begin with
        guided TARGET                    inputs from AFL++, for an instrumented engine: see eng/fuzz.sh
        """;

    /// <summary>Does what the arguments say.</summary>
    /// <returns>0 unless there was a finding or the arguments say nothing.</returns>
    public static int Run(string[] arguments)
    {
        switch (arguments)
        {
            case ["run", var executions, .. var rest]:
                return Run(NumberOf(executions), rest is [var seed, ..] ? NumberOf(seed) : 1, rest is [_, var one] ? one : null);
            case ["replay", var name, .. var files]:
                using (var target = FuzzTargets.Make(name))
                {
                    foreach (var file in files) target.Run(File.ReadAllBytes(file));
                }
                return 0;
            case ["make", var name, var count, var folder]:
                using (var target = FuzzTargets.Make(name))
                {
                    for (var i = 0; i < NumberOf(count); i++)
                    {
                        File.WriteAllBytes(Path.Combine(folder, $"made-{i}.bin"), target.Make(new Random(i)));
                    }
                }
                return 0;
            case ["guided", var name]:
                Guided(name);
                return 0;
            default:
                Console.Error.WriteLine(Usage);
                return 2;
        }
    }

    private static int Run(int executions, int seed, string? name)
    {
        var targets = name is null ? FuzzTargets.MakeAll() : [FuzzTargets.Make(name)];
        try
        {
            return new SeededRun(targets, seed).Execute(executions) ? 0 : 1;
        }
        finally
        {
            foreach (var target in targets) target.Dispose();
        }
    }

    private static void Guided(string name)
    {
        IFuzzTarget? target = null;
        try
        {
            SharpFuzz.Fuzzer.Run(stream =>
            {
                target ??= FuzzTargets.Make(name);
                var input = new MemoryStream();
                stream.CopyTo(input);
                target.Run(input.GetBuffer().AsSpan(0, (int)input.Length));
            });
        }
        finally
        {
            target?.Dispose();
        }
    }

    private static int NumberOf(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}

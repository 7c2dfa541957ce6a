using System.Text.RegularExpressions;
using CsCheck;
using GunicornPrometheusExporter.Engine.Tests.Files;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Engine.Tests.Differential;

/// <summary>A random directory, as several processes of an application with its own metrics leave it.</summary>
/// <param name="Files">The files by name.</param>
internal sealed partial record RandomStore(IReadOnlyDictionary<string, RandomFile> Files)
{
    private const double Tie = 1.7e9;

    // One family keeps one type and mode, as in an application: what a clash becomes has tests of its own.
    private static readonly string[] SingleKinds =
    [
        "counter", "gauge_all", "gauge_liveall", "gauge_min", "gauge_livemin", "gauge_max", "gauge_livemax",
        "gauge_sum", "gauge_livesum", "gauge_mostrecent", "gauge_livemostrecent",
    ];

    private static readonly Gen<double> Values = Gen.Frequency(
        (6, Gen.Int[0, 100].Select(whole => (double)whole)),
        (3, Gen.Double[-1e9, 1e9]),
        (1, Gen.Double),
        (1, Gen.OneOf(
            double.NaN, BitConverter.Int64BitsToDouble(0x7FF4_0000_DEAD_BEEF), double.PositiveInfinity, double.NegativeInfinity,
            -0.0, 1e300, 5e-324, -1e-310, double.MaxValue, 9007199254740994)));

    private static readonly Gen<double> Timestamps = Gen.Frequency(
        (1, Gen.Const(0.0)), (4, Gen.Double[1.6e9, 1.8e9]), (1, Gen.OneOf(Tie, -1.0, double.NaN)));

    private static readonly Gen<string> Helps = Gen.Frequency(
        (4, Gen.Const("help")), (1, Gen.OneOf("", "another", "a\\b \"c\"\nd", "ü \\n")));

    private static readonly Gen<string> LabelValues = Gen.Frequency(
        (40, Gen.OneOf("", "GET", "POST", "/api/users", "200")),
        (10, Gen.OneOf("a\"b", "c\\d", "\\", "\"", "x\ny", "\r", "ü", "日本", "🦄", "\u2028", "a,b=\"c\"", "{}")),
        (10, Gen.String[Gen.Char[' ', '\u07ff'], 0, 12]),
        // Longer than a new file.
        (1, Gen.Const(new string('k', 70_000))));

    private static readonly Gen<(string Name, string Value)[]> LabelSets =
        Gen.Select(Gen.Shuffle(new[] { "a", "method", "path", "pid", "_x1" }, 0, 3), LabelValues.Array[3])
            .Select((names, values) => names.Select((name, i) => (name, values[i])).ToArray());

    private static readonly Gen<string[]> Bounds =
        Gen.Shuffle(new[] { "0.005", "0.1", "1.0", "1", "2.5", "10.0", "1e+06", "-1.0", "+Inf" }, 1, 9);

    /// <summary>Directories of up to four processes, each with entries in any of the files.</summary>
    public static Gen<RandomStore> Any { get; } =
        from processes in Gen.Int[1, 4]
        from singles in SingleEntries(processes)
        from histograms in HistogramEntries(processes)
        from summaries in SummaryEntries(processes)
        from layouts in Gen.Enum<EntryLayout>().Array[64]
        from unpublished in Gen.Frequency((6, Gen.Const(0)), (1, Gen.Const(1)), (1, Gen.Int[1, 20])).Array[16]
        select Of(singles.Concat(histograms).Concat(summaries), layouts, unpublished);

    /// <summary>The same, with values that add up alike in any order: rounded sums differ in their last bits.</summary>
    public RandomStore WithExactSums() => Select(name => name, (name, entry) =>
        StoreFileName.TryParse(name, out var file) && file.Rule == GaugeMode.Sum && double.IsFinite(entry.Value)
            ? entry with { Value = Math.Round(entry.Value % 1e6 * 1024) / 1024 }
            : entry);

    /// <summary>The same, without what the order of the files decides: NaN in min and max, and equal timestamps.</summary>
    public RandomStore WithoutTies() => Select(name => name, (name, entry) => StoreFileName.TryParse(name, out var file)
        ? file.Rule switch
        {
            GaugeMode.Min or GaugeMode.Max when double.IsNaN(entry.Value) => entry with { Value = 0 },
            GaugeMode.MostRecent when entry.Timestamp == Tie => entry with { Timestamp = 0 },
            _ => entry,
        }
        : entry);

    /// <summary>The same, with dots, spaces and other characters in the names of metrics and labels.</summary>
    public RandomStore WithAnyNames() => Select(name => name, (_, entry) => entry with
    {
        Key = NamesAndLabels().Replace(entry.Key, name => name.Value switch
        {
            "\"method\":" => "\"me.th od\":",
            "\"path\":" => "\"1p:\u65e5_\\\"\":",
            var start => start.Replace("_", "._", StringComparison.Ordinal).Insert(1, "0{\u00fc"),
        }),
    });

    /// <summary>The same, from other processes.</summary>
    public RandomStore From(int firstPid) => Select(
        name => name.LastIndexOf('_') + 1 is var pid && int.TryParse(name[pid..^3], out var number)
            ? $"{name[..pid]}{firstPid + number}.db"
            : name,
        (_, entry) => entry);

    /// <summary>Writes the files, each in its own layout.</summary>
    public void Write(string directory)
    {
        foreach (var (name, file) in Files) TestFile.Write(Path.Combine(directory, name), file.Layout, file.Entries, file.Unpublished);
    }

    /// <summary>Writes the files in one layout, less those that a client of that layout does not know.</summary>
    internal void Write(string directory, EntryLayout layout)
    {
        foreach (var (name, file) in Files)
        {
            if (layout == EntryLayout.ValueOnly && IsRecent(name)) continue;
            TestFile.Write(Path.Combine(directory, name), layout, file.Entries, file.Unpublished);
        }
    }

    /// <summary>Whether a file or a sample is of the mode that is younger than the layout without timestamps.</summary>
    public static bool IsRecent(string name) => name.Contains("mostrecent", StringComparison.Ordinal);

    private static Gen<IEnumerable<(string File, TestEntry Entry)>> SingleEntries(int processes) =>
        Gen.Select(
            Gen.Int[0, SingleKinds.Length - 1], Gen.Int[0, 1], Pid(processes), LabelSets, Values, Timestamps, Helps, Gen.Bool,
            (kind, family, pid, labels, value, timestamp, help, isSorted) =>
            {
                var name = $"{SingleKinds[kind]}_{family}";
                var sample = kind == 0 ? name + "_total" : name;
                // The stock collector exposes a sample twice if a gauge that it labels with pid has such a label already.
                var others = name.Contains("all", StringComparison.Ordinal) ? labels.Where(label => label.Name != "pid") : labels;
                return ($"{SingleKinds[kind]}_{pid}.db", TestEntry.Of(name, sample, others, value, timestamp, help, isSorted));
            }).Array[0, 40].Select(entries => entries.AsEnumerable());

    private static Gen<IEnumerable<(string File, TestEntry Entry)>> HistogramEntries(int processes) =>
        Gen.Select(
            Pid(processes), LabelSets, Bounds, Values.Array[10], Gen.Int[0, 3],
            (pid, labels, bounds, values, sum) => bounds
                .Select((bound, i) => TestEntry.Of("h", "h_bucket", labels.Append(("le", bound)), values[i]))
                .Concat(sum == 0 ? [] : [TestEntry.Of("h", "h_sum", labels, values[9])])
                .Concat(sum != 3 ? [] : [TestEntry.Of("h", "h_count", labels, values[9])])
                .Select(entry => ($"histogram_{pid}.db", entry)))
            .Array[0, 4].Select(histograms => histograms.SelectMany(entries => entries));

    private static Gen<IEnumerable<(string File, TestEntry Entry)>> SummaryEntries(int processes) =>
        Gen.Select(
            Pid(processes), LabelSets, Values, Values,
            (pid, labels, sum, count) => new[] { TestEntry.Of("s", "s_sum", labels, sum), TestEntry.Of("s", "s_count", labels, count) }
                .Select(entry => ($"summary_{pid}.db", entry)))
            .Array[0, 4].Select(summaries => summaries.SelectMany(entries => entries));

    private static Gen<int> Pid(int processes) => Gen.Int[1, processes].Select(process => process * 37);

    private static RandomStore Of(IEnumerable<(string File, TestEntry Entry)> entries, EntryLayout[] layouts, int[] unpublished) =>
        new(entries
            .GroupBy(entry => entry.File, entry => entry.Entry, StringComparer.Ordinal)
            .Select((file, i) =>
            {
                var layout = IsRecent(file.Key) ? EntryLayout.Timestamped : layouts[i % layouts.Length];
                var all = file.ToList();
                var published = Math.Max(0, all.Count - unpublished[i % unpublished.Length]);
                return (Name: file.Key, File: new RandomFile(layout, all[..published], all[published..]));
            })
            .ToDictionary(file => file.Name, file => file.File, StringComparer.Ordinal));

    private RandomStore Select(Func<string, string> name, Func<string, TestEntry, TestEntry> entry) => new(Files.ToDictionary(
        file => name(file.Key),
        file => file.Value with { Entries = [.. file.Value.Entries.Select(value => entry(file.Key, value))] },
        StringComparer.Ordinal));

    public override string ToString() => string.Join(
        '\n', Files.SelectMany(file => file.Value.Entries.Select(entry => $"{file.Key} {file.Value.Layout}: {entry}")));

    // The names up to their suffixes, at the two places that begin a key, and two of the labels.
    [GeneratedRegex("""(?<=^\[|^\["[a-z_01]+", )"(h|s|[a-z]+(_[a-z]+)?_[01])|(?<=[{ ])"(method|path)":""", RegexOptions.ExplicitCapture)]
    private static partial Regex NamesAndLabels();
}

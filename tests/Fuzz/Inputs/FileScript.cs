using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Fuzz.Inputs;

/// <summary>A file that changes between the looks at it: its name, then steps, each with a block of content.</summary>
internal static class FileScript
{
    /// <summary>A gauge of a slot that nobody holds: it says nothing any more.</summary>
    public const string NobodysGauge = "gauge_livemax_worker-1.db";

    private const int Steps = 4;

    private static readonly string[] Names =
    [
        "counter_1.db", "histogram_1.db", "summary_1.db", "gauge_all_1.db", "gauge_liveall_1.db", "gauge_min_1.db",
        "gauge_livemin_1.db", "gauge_max_1.db", "gauge_livemax_1.db", "gauge_sum_1.db", "gauge_livesum_1.db",
        "gauge_mostrecent_1.db", "gauge_livemostrecent_1.db", "counter_worker-1.db", "histogram_worker-1.db",
        NobodysGauge, "counter_archive.db", "counter_exporter-1.db",
    ];

    /// <summary>Takes the file's name.</summary>
    public static string TakeName(ref InputReader input) => Names[input.Choose(Names.Length)];

    /// <summary>Does the next step.</summary>
    /// <param name="path">The file.</param>
    /// <param name="content">What is in it, null if there is none; becomes what is in it then.</param>
    /// <param name="input">Says what to do.</param>
    public static void Step(string path, ref byte[]? content, ref InputReader input)
    {
        var step = (FileStep)input.Choose(Steps);
        var block = input.TakeBlock();
        switch (step)
        {
            case FileStep.Remove:
                File.Delete(path);
                content = null;
                return;
            case FileStep.Replace:
                File.WriteAllBytes(path + ".new", block);
                File.Move(path + ".new", path, overwrite: true);
                break;
            case FileStep.Overwrite:
                using (var file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write)) RandomAccess.Write(file, block, 0);
                if (block.Length < content?.Length)
                {
                    block.CopyTo(content);
                    return;
                }
                break;
            default:
                File.WriteAllBytes(path, block);
                break;
        }
        content = block.ToArray();
    }

    /// <summary>Makes a script.</summary>
    public static byte[] Make(Random random)
    {
        var name = random.Next(Names.Length);
        var type = Names[name][0] switch
        {
            'c' => MetricType.Counter,
            'h' => MetricType.Histogram,
            's' => MetricType.Summary,
            _ => MetricType.Gauge,
        };
        var input = new InputWriter().Choice(name);
        var content = StoreContent.Make(random, type);
        for (var steps = random.Next(1, 4); steps > 0; steps--)
        {
            input.Choice(random.Next(Steps)).Block(Mutations.Damage(random, (byte[])content.Clone()));
            content = random.Next(3) == 0 ? StoreContent.Make(random, type) : StoreContent.Grow(random, content, type);
        }
        return input.ToArray();
    }
}

using GunicornPrometheusExporter.Fuzz.Targets;

namespace GunicornPrometheusExporter.Fuzz;

/// <summary>The targets.</summary>
internal static class FuzzTargets
{
    /// <summary>All of them.</summary>
    public static IFuzzTarget[] MakeAll() => [.. ((string[])["reader", "entries", "scrape", "folding", "deaths", "sides", "request", "settings", "stacks"]).Select(Make)];

    /// <summary>The one of a name, made alone: an instrumented engine must not run before its fuzzer.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static IFuzzTarget Make(string name) => name switch
    {
        "reader" => new ReaderTarget(),
        "entries" => new FoldedEntriesTarget(),
        "scrape" => new ScrapeTarget(),
        "folding" => new FoldingTarget(),
        "deaths" => new DeathTarget(),
        "sides" => new SideFilesTarget(),
        "request" => new RequestTarget(),
        "settings" => new SettingsTarget(),
        "stacks" => new StackTarget(),
        _ => throw new ArgumentException($"there is no target {name}; see docs/fuzzing.md", nameof(name)),
    };
}

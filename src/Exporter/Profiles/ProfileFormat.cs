namespace GunicornPrometheusExporter.Exporter.Profiles;

/// <summary>A format of profiles.</summary>
/// <param name="Name">As in <c>--format</c>.</param>
/// <param name="Extension">Of the file that is written by default.</param>
/// <param name="Write">Writes a profile and a line that describes it.</param>
internal sealed record ProfileFormat(string Name, string Extension, string MediaType, Func<Profile, string, byte[]> Write)
{
    internal static readonly IReadOnlyList<ProfileFormat> All =
    [
        new("svg", ".svg", "image/svg+xml", FlameGraph.Write),
        new("speedscope", ".json", "application/json", (profile, _) => Speedscope.Write(profile)),
        new("pprof", ".pb.gz", "application/octet-stream", (profile, _) => Pprof.Write(profile)),
        new("folded", ".txt", "text/plain; charset=utf-8", (profile, _) => FoldedStacks.Write(profile)),
    ];

    /// <summary>The format of a name; null if there is none.</summary>
    internal static ProfileFormat? Find(string name) => All.FirstOrDefault(format => format.Name == name);

    /// <summary>The format of a file's extension; null if it has none of ours.</summary>
    internal static ProfileFormat? OfFile(string path) =>
        All.FirstOrDefault(format => path.EndsWith(format.Extension, StringComparison.OrdinalIgnoreCase));
}

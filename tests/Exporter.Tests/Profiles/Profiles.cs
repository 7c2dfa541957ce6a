using GunicornPrometheusExporter.Exporter.Profiles;
using GunicornPrometheusExporter.Stacks;

namespace GunicornPrometheusExporter.Exporter.Tests.Profiles;

/// <summary>Makes profiles.</summary>
internal static class Profiles
{
    /// <summary>A profile of stacks of functions, the outermost first; each has a file of its own, and its depth as the line.</summary>
    internal static Profile Of(params (double Seconds, string Outer, string Inner)[] stacks)
    {
        var profile = new Profile { Duration = 10, Cost = 0.02 };
        foreach (var (seconds, outer, inner) in stacks) profile.Add([FrameOf(inner, 2), FrameOf(outer, 1)], seconds);
        return profile;
    }

    private static StackFrame FrameOf(string function, int line) => new($"/srv/app/{function}.py", line, function);
}

using System.Reflection;

namespace GunicornPrometheusExporter.Diagnostics;

/// <summary>The version of the product, set by the build.</summary>
internal static class ProductVersion
{
    private static readonly (string Version, string Revision) Build =
        Split(typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "");

    /// <summary>The version without build metadata: <c>0.1.0</c>.</summary>
    public static string Text => Build.Version;

    /// <summary>The Git commit that was built; <c>unknown</c> for a build outside a repository.</summary>
    public static string Revision => Build.Revision;

    /// <summary>The parts of <c>0.1.0+COMMIT</c>.</summary>
    internal static (string Version, string Revision) Split(string informational) =>
        informational.Split('+') is [var version, { Length: > 0 } revision] ? (version, revision) : (informational.TrimEnd('+'), "unknown");
}

using System.Reflection;

namespace GunicornPrometheusExporter.Diagnostics;

/// <summary>The version of the product, set by the build.</summary>
internal static class ProductVersion
{
    /// <summary>The version without build metadata: <c>0.1.0</c>.</summary>
    public static string Text { get; } =
        (typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "")
            .Split('+')[0];
}

using System.Reflection;

namespace GunicornPrometheusExporter.EndToEnd.Tests.Support;

/// <summary>Where the parts under test lie: what <c>make build</c> left.</summary>
internal static class Repository
{
    internal const string Python = "/usr/bin/python3";

    internal static string Root { get; } = typeof(Repository).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "RepositoryRoot").Value!;

    internal static string Packages { get; } = Path.Combine(Root, "out", "python");

    internal static string Executable { get; } = Path.Combine(Root, "out", "gunicorn-prometheus-exporter");

    internal static string App { get; } = Path.Combine(AppContext.BaseDirectory, "App");
}

using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests;

/// <summary>The pages of docs/ that are written from the code.</summary>
internal static class Documentation
{
    private const string Update = "UPDATE_DOCS";

    /// <summary>Asserts that a page is current; rewrites it first if that is asked for.</summary>
    internal static void AssertIs(string page, string text)
    {
        var path = Path.Combine(Repository, "docs", page);
        if (Environment.GetEnvironmentVariable(Update) is not null) File.WriteAllText(path, text);
        Assert.Equal(text, File.ReadAllText(path));
    }

    /// <summary>Asserts that a table of a page is current, found by its first line; rewrites it first if that is asked for.</summary>
    internal static void AssertHasTable(string page, string table)
    {
        var text = File.ReadAllText(Path.Combine(Repository, "docs", page));
        var start = text.IndexOf(table[..(table.IndexOf('\n', StringComparison.Ordinal) + 1)], StringComparison.Ordinal);
        var end = text.IndexOf("\n\n", start, StringComparison.Ordinal) + 1;
        AssertIs(page, text[..start] + table + (end == 0 ? "" : text[end..]));
    }

    /// <summary>The text of every source of the product, by its path in the repository.</summary>
    internal static IReadOnlyDictionary<string, string> Sources { get; } = new[] { "Engine", "Exporter", "PythonModule" }
        .SelectMany(project => Directory.EnumerateDirectories(Path.Combine(FindRepository(), "src", project))
            .Where(folder => Path.GetFileName(folder) is not ("bin" or "obj"))
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories))
            .Concat(Directory.EnumerateFiles(Path.Combine(FindRepository(), "src", project), "*.cs")))
        .ToDictionary(path => Path.GetRelativePath(FindRepository(), path), File.ReadAllText);

    /// <summary>The checkout's root.</summary>
    internal static string Repository { get; } = FindRepository();

    private static string FindRepository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "GunicornPrometheusExporter.slnx"))) folder = folder.Parent!;
        return folder.FullName;
    }
}

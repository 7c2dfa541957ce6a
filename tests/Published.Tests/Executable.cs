using System.Diagnostics;
using Xunit;

namespace GunicornPrometheusExporter.Published.Tests;

/// <summary>The published executable, run to its end.</summary>
internal static class Executable
{
    private const string Variable = "GPE_EXECUTABLE";

    /// <summary>The checkout that the tests were built in.</summary>
    internal static string Repository { get; } = FindRepository();

    internal static string Path { get; } = Find();

    /// <summary>Runs the executable, in an environment of which only what is given differs from this process's.</summary>
    internal static Task<Outcome> RunAsync(string[] arguments, params (string Name, string Value)[] environment) =>
        RunAsync(Path, arguments, environment);

    /// <summary>Runs another program in its place: one that starts the executable itself.</summary>
    internal static async Task<Outcome> RunAsync(
        string program, string[] arguments, params (string Name, string Value)[] environment)
    {
        using var process = Process.Start(StartInfo(program, arguments, environment))!;
        process.StandardInput.Close();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(2));
        // A program that should exit but serves instead must not make the run wait for ever.
        using var _ = limit.Token.Register(process.Kill);
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var errors = process.StandardError.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return new(process.ExitCode, await output, await errors);
    }

    /// <summary>Copies the executable to where other users may run it, whatever folder it was built in.</summary>
    internal static async Task<string> CopyToAsync(string directory)
    {
        // Not by this process: a child forked meanwhile would have the copy open for writing, and it could not be run.
        var outcome = await RunAsync("/bin/cp", [Path, directory]);
        Assert.Equal("", outcome.Errors);
        return System.IO.Path.Combine(directory, System.IO.Path.GetFileName(Path));
    }

    internal static ProcessStartInfo StartInfo(
        string program, string[] arguments, (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return start;
    }

    private static string Find()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given) return given;
        var built = System.IO.Path.Combine(Repository, "out", "gunicorn-prometheus-exporter");
        Assert.True(File.Exists(built), $"{built} is missing; run make build, or set {Variable}");
        return built;
    }

    private static string FindRepository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(System.IO.Path.Combine(folder.FullName, "GunicornPrometheusExporter.slnx"))) folder = folder.Parent!;
        return folder.FullName;
    }
}

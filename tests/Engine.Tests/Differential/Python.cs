using System.Diagnostics;

namespace GunicornPrometheusExporter.Engine.Tests.Differential;

/// <summary>The Python that has <c>prometheus_client</c> from the distribution.</summary>
public static class Python
{
    private const string Interpreter = "/usr/bin/python3";

    /// <summary>Starts a script of this folder, with its input and output piped.</summary>
    public static Process Start(string script, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Interpreter)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Differential", script));
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    /// <summary>Runs a script of this folder to its end.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static void Run(string script, params IEnumerable<string> arguments)
    {
        using var process = Start(script, arguments);
        process.StandardInput.Close();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{script} ended with {process.ExitCode}");
    }
}

using System.Diagnostics;

namespace GunicornPrometheusExporter.EndToEnd.Tests.Support;

/// <summary>A real terminal: a tmux server of the test's own, with one shell in it.</summary>
internal sealed class TmuxSession : IAsyncDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("gpe-tmux-").FullName;

    private TmuxSession() { }

    internal static async Task<TmuxSession> StartAsync(int columns, int rows, params (string Name, string Value)[] environment)
    {
        var session = new TmuxSession();
        // The runner of the tests sets it where its own output has no colours.
        string[] variables = ["-e", "NO_COLOR=", .. environment.SelectMany(variable => (string[])["-e", $"{variable.Name}={variable.Value}"])];
        await session.TmuxAsync(
        [
            "-f", "/dev/null", "new-session", "-d", "-x", $"{columns}", "-y", $"{rows}", .. variables,
            "/usr/bin/env", "PS1=prompt>", "/bin/bash", "--norc",
        ]);
        await session.SeesAsync("prompt>");
        return session;
    }

    /// <summary>What is on the screen now.</summary>
    /// <param name="isStyled">With the sequences that style it.</param>
    internal Task<string> ScreenAsync(bool isStyled = false) => TmuxAsync(["capture-pane", "-p", .. isStyled ? ["-e"] : Array.Empty<string>()]);

    /// <summary>Types a line and a key.</summary>
    internal async Task TypeAsync(string line, string key = "Enter")
    {
        await TmuxAsync(["send-keys", "-l", line]);
        await PressAsync(key);
    }

    /// <summary>Presses one key, by tmux's name of it.</summary>
    internal Task PressAsync(string key) => TmuxAsync(["send-keys", key]);

    internal Task ResizeAsync(int columns, int rows) => TmuxAsync(["resize-window", "-x", $"{columns}", "-y", $"{rows}"]);

    /// <summary>What tmux knows of the terminal, such as <c>alternate_on</c>.</summary>
    internal async Task<string> AskAsync(string variable) => (await TmuxAsync(["display-message", "-p", $"#{{{variable}}}"])).Trim();

    internal Task SeesAsync(string text) => SeesAsync(screen => screen.Contains(text, StringComparison.Ordinal), text);

    /// <summary>Waits for a screen: it may show half a frame until then.</summary>
    internal async Task SeesAsync(Func<string, bool> holds, string what, bool isStyled = false)
    {
        var screen = "";
        try
        {
            await Wait.UntilAsync(async () => holds(screen = await ScreenAsync(isStyled)), what);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{late.Message}; the screen was:\n{screen}", late);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await TmuxAsync(["kill-server"]);
        Directory.Delete(_home, recursive: true);
    }

    private async Task<string> TmuxAsync(string[] arguments)
    {
        var start = new ProcessStartInfo("tmux", ["-u", "-S", Path.Combine(_home, "socket"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? await output : throw new InvalidOperationException($"tmux {arguments[0]}: {await errors}");
    }
}

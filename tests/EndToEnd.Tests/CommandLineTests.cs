using GunicornPrometheusExporter.EndToEnd.Tests.Support;
using Xunit;

namespace GunicornPrometheusExporter.EndToEnd.Tests;

/// <summary>The command line, in a real terminal and a real shell.</summary>
public sealed class CommandLineTests
{
    private static readonly string[] Commands =
        ["", "serve", "hub", "prepare", "ensure", "config", "dump", "top", "stack", "profile", "check", "completion"];

    [Fact]
    public async Task The_help_of_every_command_fits_a_terminal()
    {
        await using var terminal = await TmuxSession.StartAsync(80, 600);
        foreach (var command in Commands)
        {
            await terminal.TypeAsync($"clear; {Repository.Executable} {command} --help; echo \"'{command}' is shown\"");
            await terminal.SeesAsync(
                screen => screen.StartsWith("Description:", StringComparison.Ordinal)
                    && screen.Contains($"\n'{command}' is shown", StringComparison.Ordinal),
                $"the help of {command}");
        }
    }

    [Theory]
    [InlineData("bash --norc", "source <(gunicorn-prometheus-exporter completion bash)")]
    [InlineData("zsh -f", "autoload -U compinit; compinit -D -u; source <(gunicorn-prometheus-exporter completion zsh)")]
    [InlineData("fish --private --no-config", "gunicorn-prometheus-exporter completion fish | source")]
    public async Task A_shell_completes_commands_options_and_values(string shell, string setUp)
    {
        var home = Directory.CreateTempSubdirectory("gpe-shell-").FullName;
        await using (var terminal = await TmuxSession.StartAsync(100, 24, ("HOME", home)))
        {
            await terminal.TypeAsync($"PATH={Path.GetDirectoryName(Repository.Executable)}:$PATH exec {shell}");
            await terminal.TypeAsync($"{setUp}; clear; echo rea''dy");
            await terminal.SeesAsync(screen => screen.StartsWith("ready", StringComparison.Ordinal), "a shell that is ready");

            await terminal.TypeAsync("gunicorn-prometheus-exporter comp", "Tab");
            await terminal.SeesAsync("gunicorn-prometheus-exporter completion");
            await terminal.TypeAsync("z", "Tab");
            await terminal.SeesAsync("gunicorn-prometheus-exporter completion zsh");
            await terminal.PressAsync("C-u");
            await terminal.TypeAsync("gunicorn-prometheus-exporter top --so", "Tab");
            await terminal.SeesAsync("gunicorn-prometheus-exporter top --sort");
            await terminal.TypeAsync("ut", "Tab");
            await terminal.SeesAsync("gunicorn-prometheus-exporter top --sort util");
        }
        Directory.Delete(home, recursive: true);
    }
}

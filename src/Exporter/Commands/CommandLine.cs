using System.CommandLine.Help;
using System.CommandLine.Invocation;
using GunicornPrometheusExporter.Exporter.Http;
using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.Commands;

/// <summary>Runs a command and maps every outcome to an exit status.</summary>
internal static class CommandLine
{
    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(4);

    internal static async Task<int> RunAsync(RootCommand root, string[] args)
    {
        var invocation = new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
        };
        try
        {
            // Otherwise the completions would include Windows-only spellings.
            var help = root.Options.OfType<HelpOption>().Single();
            foreach (var spelling in (ReadOnlySpan<string>)["/h", "/?"]) help.Aliases.Remove(spelling);
            var parsed = root.Parse(args);
            // The errors alone: behind the help nobody sees them.
            if (parsed.Action is ParseErrorAction errors) errors.ShowHelp = args.Length == 0;
            // ServeCommand handles its signals itself.
            invocation.ProcessTerminationTimeout = parsed.CommandResult.Command is ServeCommand ? null : LongestEnd;
            var status = await parsed.InvokeAsync(invocation);
            return parsed.Errors.Count > 0 ? ExitStatus.Usage : status;
        }
        catch (ConfigurationException e)
        {
            foreach (var error in e.Message.Split('\n')) Logs.Fail(error);
            return ExitStatus.Usage;
        }
        catch (Exception e) when (e is StoreException or ListenException or ReadingException or IOException)
        {
            return Fail(e.Message, ExitStatus.Failure);
        }
        catch (OperationCanceledException)
        {
            return Fail("stopped by a signal", ExitStatus.Failure);
        }
        catch (Exception e)
        {
            // Unexpected exceptions are printed in full, with an exit status that Gunicorn ignores.
            return Fail(Starvation.Describe(e), ExitStatus.Failure);
        }
    }

    private static int Fail(string message, int status)
    {
        Logs.Fail(message);
        return status;
    }
}

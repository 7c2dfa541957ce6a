using System.ComponentModel;
using System.Runtime.ExceptionServices;
using GunicornPrometheusExporter.Exporter.Commands;
using GunicornPrometheusExporter.Native;
using Microsoft.Win32.SafeHandles;

namespace GunicornPrometheusExporter.Exporter;

/// <summary>Exits when a resource is exhausted, so that the process does not run without serving.</summary>
/// <remarks>
/// Kestrel and the thread pool swallow the exception of a thread that cannot start, so it is handled when it is thrown.
/// An uncaught one would abort the process.
/// </remarks>
internal static class Starvation
{
    private const int FewestDescriptors = 16;
    private const int TryAgain = 11;
    private const int NoMemory = 12;
    private const string Remedy =
        "cannot start a thread: the limit of memory, address space or processes is reached; " +
        "raise it (ulimit -v, ulimit -u, MemoryMax, TasksMax, pids.max)";

    /// <summary>Makes every such failure exit the process, with the reason in one line.</summary>
    internal static void EndProcess()
    {
        AppDomain.CurrentDomain.FirstChanceException += EndWithoutThread;
        AppDomain.CurrentDomain.UnhandledException += (_, failure) => End(Describe((Exception)failure.ExceptionObject));
    }

    /// <summary>The message for an unexpected exception: the remedy if a thread could not start, otherwise the exception.</summary>
    // The console and type initializers wrap the exception of the thread that they start.
    internal static string Describe(Exception failure) => failure.GetBaseException() switch
    {
        OutOfMemoryException or Win32Exception { NativeErrorCode: NoMemory or TryAgain } => Remedy,
        IOException { HResult: NoMemory or TryAgain } => Remedy,
        _ => failure.ToString(),
    };

    /// <summary>Checks that enough files and connections can be opened; otherwise the server must not start.</summary>
    internal static void CheckDescriptors()
    {
        var opened = new List<SafeFileHandle>();
        try
        {
            while (opened.Count < FewestDescriptors) opened.Add(File.OpenHandle("/dev/null"));
        }
        catch (IOException e)
        {
            throw new IOException(
                $"cannot open {FewestDescriptors} more files: the limit is reached; raise it (ulimit -n, LimitNOFILE)", e);
        }
        finally
        {
            foreach (var handle in opened) handle.Dispose();
        }
    }

    private static void EndWithoutThread(object? sender, FirstChanceExceptionEventArgs failure)
    {
        // Other failed allocations are transient, but a thread that did not start is missing until the process exits.
        if (failure.Exception is OutOfMemoryException &&
            Environment.StackTrace.Contains("Threading.Thread.Start", StringComparison.Ordinal))
        {
            End(Remedy);
        }
    }

    private static void End(string reason)
    {
        try
        {
            Logs.Fail(reason);
        }
        finally
        {
            Libc.Exit(ExitStatus.Failure);
        }
    }
}

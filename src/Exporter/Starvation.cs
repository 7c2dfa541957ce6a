using System.ComponentModel;
using System.Runtime.ExceptionServices;
using System.Text;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Exporter.Commands;
using Microsoft.Win32.SafeHandles;

namespace GunicornPrometheusExporter.Exporter;

/// <summary>Exits when a resource is missing, so that the process does not run without serving.</summary>
/// <remarks>
/// The caller that needs a thread may swallow the exception, as Kestrel and the thread pool do, so it is caught where it is thrown.
/// The runtime would abort the process at an uncaught exception.
/// </remarks>
internal static class Starvation
{
    private const int StandardError = 2;
    private const int FewestDescriptors = 16;
    private const int TryAgain = 11;
    private const int NoMemory = 12;
    private const string Remedy =
        "cannot start a thread: the limit of memory, address space or processes is reached; " +
        "raise it (ulimit -v, ulimit -u, MemoryMax, TasksMax, pids.max)";

    /// <summary>Makes every such failure exit the process, with a line that has the reason.</summary>
    internal static void EndProcess()
    {
        AppDomain.CurrentDomain.FirstChanceException += EndWithoutThread;
        AppDomain.CurrentDomain.UnhandledException += (_, failure) => End(Describe((Exception)failure.ExceptionObject));
    }

    /// <summary>The message for an unexpected exception: the remedy if a thread could not start, else the exception.</summary>
    // The console and the class library's type initializers report the error of the thread that they start.
    internal static string Describe(Exception failure) => failure.GetBaseException() switch
    {
        OutOfMemoryException or Win32Exception { NativeErrorCode: NoMemory or TryAgain } => Remedy,
        IOException { HResult: NoMemory or TryAgain } => Remedy,
        _ => failure.ToString(),
    };

    /// <summary>Makes sure that files of the store and connections can be opened: otherwise the server does not start.</summary>
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
        // Other failed allocations are transient, but a missing thread is missing until the process exits.
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
            // Not the console, which needs a thread itself.
            using var handle = new SafeFileHandle(StandardError, ownsHandle: false);
            using var errors = new FileStream(handle, FileAccess.Write, bufferSize: 0);
            errors.Write(Encoding.UTF8.GetBytes($"error: {reason}\n"));
        }
        finally
        {
            OwnProcess.Exit(ExitStatus.Failure);
        }
    }
}

using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Files;

/// <summary>The store cannot do what was asked: wrong path, missing permission, full disk.</summary>
/// <remarks>A file with damaged contents raises <see cref="CorruptFileException"/> instead.</remarks>
internal sealed class StoreException : Exception
{
    internal const string Reload = "reload Gunicorn (SIGHUP): a worker that started without metrics records none until then";

    /// <summary>The message is a sentence that names the path and the remedy.</summary>
    public StoreException(string message) : base(message) { }

    public StoreException(string message, Exception innerException) : base(message, innerException) { }

    /// <summary>A system error of a process that writes its own files in the store.</summary>
    /// <param name="verb">The action that failed, as a participle: <c>opened</c>.</param>
    internal static StoreException OfWriter(string path, string verb, int error) =>
        Of(path, verb, error, RemedyOf(error) ?? "the worker's user must own PROMETHEUS_MULTIPROC_DIR");

    /// <summary>A system error of a process that uses files of other processes.</summary>
    /// <param name="verb">The action that failed, as a participle: <c>opened</c>.</param>
    /// <param name="use">The access to the store that the process needs.</param>
    internal static StoreException OfReader(string path, string verb, int error, string use = "read") =>
        Of(path, verb, error, RemedyOf(error)
            ?? $"the exporter must run as the workers' user, or as one that may {use} PROMETHEUS_MULTIPROC_DIR");

    /// <summary>The remedy for an error that does not depend on the user; null for any other error.</summary>
    internal static string? RemedyOf(int error) => error switch
    {
        Libc.ErrorNoMemory => "raise the limit of address space (ulimit -v) or the memory of the container",
        Libc.ErrorTooManyOpen => "raise the limit of open files (ulimit -n)",
        Libc.ErrorTooManyOpenInSystem => "raise the system's limit of open files (sysctl fs.file-max)",
        Libc.ErrorFileTooLarge => "raise the limit of the size of files (ulimit -f)",
        Libc.ErrorNoSpace => $"make room on its disk, then {Reload}",
        Libc.ErrorQuota => $"make room within the user's disk quota, then {Reload}",
        Libc.ErrorReadOnly => "remount its file system for writing, or choose another PROMETHEUS_MULTIPROC_DIR",
        _ => null,
    };

    private static StoreException Of(string path, string verb, int error, string remedy) =>
        new($"{path} cannot be {verb} ({Marshal.GetPInvokeErrorMessage(error)}); {remedy}");
}

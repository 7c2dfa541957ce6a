using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Files;

/// <summary>The store cannot do what was asked: a path, a permission, a full disk.</summary>
/// <remarks>A file with damaged contents is a <see cref="CorruptFileException"/> instead.</remarks>
internal sealed class StoreException : Exception
{
    private const string Reload = "reload Gunicorn (SIGHUP): a worker that has started without metrics stays without";

    /// <summary>A failure described by a sentence that names the path and the remedy.</summary>
    public StoreException(string message) : base(message) { }

    /// <summary>The same, with its cause.</summary>
    public StoreException(string message, Exception innerException) : base(message, innerException) { }

    /// <summary>A failure of the system's for one who writes its own files of the store.</summary>
    /// <param name="path">The file.</param>
    /// <param name="verb">What cannot be done with it: <c>opened</c>.</param>
    /// <param name="error">The system's number for it.</param>
    internal static StoreException OfWriter(string path, string verb, int error) =>
        Of(path, verb, error, RemedyOf(error) ?? "the worker's user must own PROMETHEUS_MULTIPROC_DIR");

    /// <summary>A failure of the system's for one who uses what other processes write.</summary>
    /// <inheritdoc cref="OfWriter"/>
    /// <param name="path">The file.</param>
    /// <param name="verb">What cannot be done with it: <c>opened</c>.</param>
    /// <param name="error">The system's number for it.</param>
    /// <param name="use">What the process must be allowed to do to the store.</param>
    internal static StoreException OfReader(string path, string verb, int error, string use = "read") =>
        Of(path, verb, error, RemedyOf(error)
            ?? $"the exporter must run as the workers' user, or as one that may {use} PROMETHEUS_MULTIPROC_DIR");

    /// <summary>What to do about an error that has nothing to do with who uses the file; null for any other error.</summary>
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

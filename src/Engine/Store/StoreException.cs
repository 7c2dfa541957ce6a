using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Store;

/// <summary>The store cannot do what was asked: a path, a permission, a full disk.</summary>
/// <remarks>A file with damaged contents is a <see cref="CorruptFileException"/> instead.</remarks>
internal sealed class StoreException : Exception
{
    /// <summary>A failure described by a sentence that names the path and the remedy.</summary>
    public StoreException(string message) : base(message) { }

    /// <summary>The same, with its cause.</summary>
    public StoreException(string message, Exception innerException) : base(message, innerException) { }

    /// <summary>A failure of the system's for one who writes its own files of the store.</summary>
    /// <param name="path">The file.</param>
    /// <param name="verb">What cannot be done with it: <c>opened</c>.</param>
    /// <param name="error">The system's number for it.</param>
    internal static StoreException OfWriter(string path, string verb, int error) =>
        Of(path, verb, error, "the worker's user must own PROMETHEUS_MULTIPROC_DIR and the disk must have room");

    /// <summary>A failure of the system's for one who uses what other processes write.</summary>
    /// <inheritdoc cref="OfWriter"/>
    /// <param name="path">The file.</param>
    /// <param name="verb">What cannot be done with it: <c>opened</c>.</param>
    /// <param name="error">The system's number for it.</param>
    /// <param name="use">What the process must be allowed to do to the store.</param>
    internal static StoreException OfReader(string path, string verb, int error, string use = "read") =>
        Of(path, verb, error, $"the exporter must run as the workers' user, or as one that may {use} PROMETHEUS_MULTIPROC_DIR");

    private static StoreException Of(string path, string verb, int error, string remedy) =>
        new($"{path} cannot be {verb} ({Marshal.GetPInvokeErrorMessage(error)}); {remedy}");
}

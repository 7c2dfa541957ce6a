namespace GunicornPrometheusExporter.Store;

/// <summary>The store cannot do what was asked: a path, a permission, a full disk.</summary>
/// <remarks>A file with damaged contents is a <see cref="CorruptFileException"/> instead.</remarks>
public sealed class StoreException : Exception
{
    /// <summary>A failure described by a sentence that names the path and the remedy.</summary>
    public StoreException(string message) : base(message) { }

    /// <summary>The same, with its cause.</summary>
    public StoreException(string message, Exception innerException) : base(message, innerException) { }
}

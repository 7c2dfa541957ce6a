namespace GunicornPrometheusExporter.Store;

/// <summary>A store file whose contents are not what the format allows.</summary>
/// <remarks>Nothing in the file is used; a file that cannot be opened is a <see cref="StoreException"/> instead.</remarks>
public sealed class CorruptFileException : Exception
{
    /// <summary>Names the file and what is wrong with it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="reason">What is wrong, in a few words, with the offset in bytes where one is known.</param>
    public CorruptFileException(string path, string reason)
        : base($"{path}: {reason}")
    {
    }
}

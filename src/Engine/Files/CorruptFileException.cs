namespace GunicornPrometheusExporter.Files;

/// <summary>The contents of a store file do not match the format.</summary>
/// <remarks>Nothing in the file is used. A file that cannot be opened raises <see cref="StoreException"/> instead.</remarks>
internal sealed class CorruptFileException : Exception
{
    /// <param name="path">The file.</param>
    /// <param name="reason">A few words, with the offset in bytes where it is known.</param>
    public CorruptFileException(string path, string reason)
        : base($"{path}: {reason}")
    {
    }
}

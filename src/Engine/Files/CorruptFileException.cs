namespace GunicornPrometheusExporter.Files;

/// <summary>The contents of a store file do not match the format.</summary>
/// <remarks>Nothing in the file is used. A file that cannot be opened raises <see cref="StoreException"/> instead.</remarks>
/// <param name="reason">A few words, with the offset in bytes where it is known.</param>
internal sealed class CorruptFileException(string path, string reason) : Exception($"{path}: {reason}");

namespace GunicornPrometheusExporter.Configuration;

/// <summary>Why a file that a setting names cannot be read, without its path, which the exceptions repeat.</summary>
internal static class FileFault
{
    /// <returns>Words that follow the path: <c>does not exist</c>.</returns>
    public static string Of(Exception failure, string path) => failure switch
    {
        UnauthorizedAccessException when Directory.Exists(path) => "is a directory",
        FileNotFoundException or DirectoryNotFoundException => "does not exist",
        UnauthorizedAccessException => "cannot be read (permission denied)",
        _ => $"cannot be read ({failure.Message.TrimEnd('.')})",
    };
}

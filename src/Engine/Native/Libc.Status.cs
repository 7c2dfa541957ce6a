using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Native;

// The status of a file. If it cannot be read, the last P/Invoke error says why.
internal static partial class Libc
{
    internal const int AtWorkingDirectory = -100;
    internal const int AtNoFollow = 0x100;
    internal const int AtEmptyPath = 0x1000;
    private const uint BasicStatus = 0x7FF;

    internal static bool TryGetStatus(int descriptor, out FileStatus status) =>
        Status(descriptor, "\0"u8, AtEmptyPath, BasicStatus, out status) == 0;

    internal static bool TryGetStatus(SafeHandle handle, out FileStatus status) =>
        TryGetStatus((int)handle.DangerousGetHandle(), out status);

    /// <summary>Does not follow links.</summary>
    internal static bool TryGetStatus(string path, out FileStatus status) =>
        Status(AtWorkingDirectory, path, AtNoFollow, BasicStatus, out status) == 0;

    /// <summary>As above; the path is UTF-8 and ends with a zero byte.</summary>
    internal static bool TryGetStatus(ReadOnlySpan<byte> path, out FileStatus status) =>
        Status(AtWorkingDirectory, path, AtNoFollow, BasicStatus, out status) == 0;

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Status(int directory, string path, int flags, uint mask, out FileStatus status);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    private static partial int Status(int directory, ReadOnlySpan<byte> path, int flags, uint mask, out FileStatus status);
}

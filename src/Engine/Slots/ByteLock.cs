using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Slots;

/// <summary>Locks and unlocks one byte of an open file with fcntl(2).</summary>
internal static class ByteLock
{
    /// <returns>False if another process holds the lock; null if the kernel does not support the command.</returns>
    /// <exception cref="StoreException">The file system grants no locks.</exception>
    internal static bool? TrySet(string path, int descriptor, int command, short type, long offset)
    {
        var recordLock = new Libc.RecordLock { Type = type, Start = offset, Length = 1 };
        if (Libc.Control(descriptor, command, ref recordLock) == 0) return true;
        return Marshal.GetLastPInvokeError() switch
        {
            Libc.ErrorAgain or Libc.ErrorAccess => false,
            Libc.ErrorInvalid => null,
            var error => throw CannotLock(path, error),
        };
    }

    /// <summary>As <see cref="TrySet"/>, where a command that the kernel does not support is an error too.</summary>
    internal static bool Set(string path, int descriptor, int command, short type, long offset) =>
        TrySet(path, descriptor, command, type, offset) ?? throw CannotLock(path, Libc.ErrorInvalid);

    internal static StoreException CannotLock(string path, int error) => new(
        $"{path} cannot be locked ({Marshal.GetPInvokeErrorMessage(error)}); put PROMETHEUS_MULTIPROC_DIR on a local file system");
}

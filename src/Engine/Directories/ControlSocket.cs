using System.Net.Sockets;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Native;
using Microsoft.Win32.SafeHandles;

namespace GunicornPrometheusExporter.Directories;

/// <summary>The socket in the store by which programs of its user control the exporter.</summary>
internal static class ControlSocket
{
    /// <summary>Its name in the store.</summary>
    public const string FileName = "control.sock";

    /// <summary>Binds it, in place of one that an earlier exporter left; only the exporter whose turn it is may.</summary>
    /// <returns>The socket, which only this process's user can connect to, and nobody before it listens.</returns>
    /// <exception cref="StoreException">It cannot be bound.</exception>
    public static Socket Bind(string directory)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            using var folder = StoreFiles.TryOpen(Path.Combine(directory, "."), Libc.OpenReadOnly | Libc.OpenDirectory)
                ?? throw new StoreException($"{directory} cannot be opened");
            // An address holds no path of more than 107 bytes.
            var path = $"/proc/self/fd/{folder.DangerousGetHandle()}/{FileName}";
            StoreFiles.Clear(path);
            // Its mode is that of what is bound: at no moment is there one that others may connect to.
            using var handle = new SafeFileHandle(socket.Handle, ownsHandle: false);
            File.SetUnixFileMode(handle, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            socket.Bind(new UnixDomainSocketEndPoint(path));
            // A umask may have taken it from this user too.
            _ = Libc.TryOpenToOwner(path, Libc.OwnerReadWrite);
            return socket;
        }
        catch (Exception e)
        {
            socket.Dispose();
            if (e is not (SocketException or IOException or UnauthorizedAccessException)) throw;
            throw new StoreException(
                $"{Path.Combine(directory, FileName)} cannot be made ({e.Message}); let the exporter's user write to the store", e);
        }
    }
}

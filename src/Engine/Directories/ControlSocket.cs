using System.Net.Sockets;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Native;
using Microsoft.Win32.SafeHandles;

namespace GunicornPrometheusExporter.Directories;

/// <summary>The Unix socket in the store through which programs of its user control the exporter.</summary>
internal static class ControlSocket
{
    public const string FileName = "control.sock";

    /// <summary>Binds the socket and replaces one that an earlier exporter left; call only as the leader.</summary>
    /// <returns>A socket that only this process's user can connect to, once it listens.</returns>
    /// <exception cref="StoreException">It cannot be bound.</exception>
    public static Socket Bind(string directory)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            using var folder = StoreFiles.TryOpen(Path.Combine(directory, "."), Libc.OpenReadOnly | Libc.OpenDirectory)
                ?? throw new StoreException($"{directory} cannot be opened");
            // A socket address holds at most 107 bytes of path.
            var path = $"/proc/self/fd/{folder.DangerousGetHandle()}/{FileName}";
            StoreFiles.Clear(path);
            // The mode is set before the bind, so other users can never connect.
            using var handle = new SafeFileHandle(socket.Handle, ownsHandle: false);
            File.SetUnixFileMode(handle, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            socket.Bind(new UnixDomainSocketEndPoint(path));
            // The umask may have removed this user's permissions too.
            _ = Libc.TryOpenToOwner(path, Libc.OwnerReadWrite);
            return socket;
        }
        catch (Exception e)
        {
            socket.Dispose();
            if (e is not (SocketException or IOException or UnauthorizedAccessException)) throw;
            var remedy = Directory.Exists("/proc/self/fd") ? "let the exporter's user write to the store" : "mount /proc";
            throw new StoreException($"{Path.Combine(directory, FileName)} cannot be created ({e.Message}); {remedy}", e);
        }
    }
}

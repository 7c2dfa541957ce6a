using System.Net.Sockets;
using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Native;
using Microsoft.Win32.SafeHandles;

namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>The file of a Unix socket that this process bound.</summary>
internal sealed class UnixSocketFile
{
    // 0660, so that a proxy in the exporter's group can connect.
    private const uint Mode = 0x1B0;

    private readonly string _path;
    private readonly FileStatus _status;

    private UnixSocketFile(string path)
    {
        _path = path;
        _ = Libc.TryGetStatus(path, out _status);
    }

    internal static UnixSocketFile[] Of(IEnumerable<Socket> sockets) =>
        [
            .. sockets.Select(socket => socket.LocalEndPoint).OfType<UnixDomainSocketEndPoint>()
                .Select(address => new UnixSocketFile($"{address}")),
        ];

    /// <summary>Binds a socket, and replaces a file that another process left.</summary>
    /// <returns>Null if another process listens there.</returns>
    /// <exception cref="IOException">The path is a file that is not a socket, or the file cannot be created.</exception>
    /// <exception cref="UnauthorizedAccessException">The file cannot be created.</exception>
    internal static Socket? TryBind(UnixDomainSocketEndPoint address)
    {
        var path = $"{address}";
        if (Libc.TryGetStatus(path, out var status))
        {
            if (!status.IsSocket) throw new IOException("it exists and is not a socket");
            if (!IsAbandoned(address)) return null;
        }
        File.Delete(path);
        // Not .NET's own bind: its socket removes the file after it closes, when the file may be another exporter's.
        var handle = new SafeSocketHandle(Libc.Socket(Libc.UnixFamily, Libc.StreamCloseOnExec, 0), ownsHandle: true);
        var descriptor = (int)handle.DangerousGetHandle();
        using var file = new SafeFileHandle(descriptor, ownsHandle: false);
        File.SetUnixFileMode(file, (UnixFileMode)Mode);
        var name = address.Serialize();
        if (Libc.Bind(descriptor, name.Buffer.Span[..name.Size], (uint)name.Size) < 0)
        {
            var error = Marshal.GetLastPInvokeError();
            handle.Dispose();
            return error == Libc.ErrorAddressInUse ? null : throw new IOException(Marshal.GetPInvokeErrorMessage(error));
        }
        // The umask may have removed permissions of the mode.
        _ = Libc.TryOpenToOwner(path, Mode);
        return new Socket(handle);
    }

    /// <summary>Removes the file, unless another process has replaced it.</summary>
    internal void Remove()
    {
        try
        {
            if (Libc.TryGetStatus(_path, out var status) && status.IsSameAs(_status)) File.Delete(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next exporter replaces it.
        }
    }

    private static bool IsAbandoned(UnixDomainSocketEndPoint address)
    {
        // A blocking connect would wait while the accept queue is full.
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            probe.Connect(address);
            return false;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.ConnectionRefused;
        }
    }
}

using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Engine.Tests;

/// <summary>What somebody made where a file of the store is to stand.</summary>
internal static partial class IrregularFile
{
    /// <summary>Makes it.</summary>
    /// <param name="path">Where.</param>
    /// <param name="kind"><c>directory</c>, <c>link</c> (to a file), <c>FIFO</c> or <c>socket</c>.</param>
    internal static void Make(string path, string kind)
    {
        switch (kind)
        {
            case "directory":
                Directory.CreateDirectory(path);
                break;
            case "link":
                File.CreateSymbolicLink(path, "/etc/hostname");
                break;
            case "socket":
                using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
                {
                    socket.Bind(new UnixDomainSocketEndPoint(path));
                    File.Move(path, path + ".bound");
                }
                File.Move(path + ".bound", path);
                break;
            default:
                if (MakeFifo(path, 0x180) != 0) throw new InvalidOperationException($"{path}: {Marshal.GetLastPInvokeErrorMessage()}");
                break;
        }
    }

    /// <summary>Removes it.</summary>
    internal static void Remove(string path)
    {
        if (Directory.Exists(path)) Directory.Delete(path);
        else File.Delete(path);
    }

    [LibraryImport("libc", EntryPoint = "mkfifo", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeFifo(string path, uint mode);
}

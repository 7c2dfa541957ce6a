using System.Runtime.InteropServices;
using System.Text;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Native;
using Microsoft.Win32.SafeHandles;

namespace GunicornPrometheusExporter.Directories;

/// <summary>Sends open files and their names in one message to the process at the other end of a Unix socket.</summary>
internal static unsafe class DescriptorMessage
{
    /// <summary>Sends files; the text of the message has their names in the same order, one per line.</summary>
    /// <param name="socket">The descriptor of a connected Unix socket.</param>
    /// <param name="files">At most 253, the kernel's limit for one message.</param>
    /// <exception cref="StoreException">The other end does not accept them.</exception>
    internal static void Send(int socket, IReadOnlyCollection<(string Name, SafeFileHandle Handle)> files)
    {
        var text = Encoding.UTF8.GetBytes(string.Join('\n', files.Select(file => file.Name)));
        var control = new byte[sizeof(Libc.ControlHeader) + (files.Count * sizeof(int))];
        var header = new Libc.ControlHeader { Length = (nuint)control.Length, Level = Libc.SocketLevel, Type = Libc.Rights };
        MemoryMarshal.Write(control, header);
        var at = sizeof(Libc.ControlHeader);
        foreach (var (_, handle) in files)
        {
            MemoryMarshal.Write(control.AsSpan(at), (int)handle.DangerousGetHandle());
            at += sizeof(int);
        }
        fixed (byte* textStart = text)
        fixed (byte* controlStart = control)
        {
            var part = new Libc.MemoryPart { Start = textStart, Length = (nuint)text.Length };
            var message = new Libc.Message { Parts = &part, PartCount = 1, Control = controlStart, ControlLength = (nuint)control.Length };
            // SAFETY: both arrays are pinned, part is a local, and the caller's handles stay open during the call.
            if (Libc.SendMessage(socket, message, Libc.NoSignal) == text.Length) return;
        }
        var reason = Marshal.GetLastPInvokeErrorMessage();
        throw new StoreException($"cannot send files over descriptor {socket} ({reason}); pass the descriptor of a Unix socket");
    }
}

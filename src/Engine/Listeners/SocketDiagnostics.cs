using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Listeners;

/// <summary>Asks the kernel for the listening sockets of this network namespace by sock_diag(7), as <c>ss -l</c> does.</summary>
/// <remarks>
/// <code>
/// message  0        4      6       8     12    16
///          | length | type | flags | seq | pid | body |
///
/// TCP      body: inet_diag_req_v2, answered by inet_diag_msg
/// Unix     body: unix_diag_req, answered by unix_diag_msg and attributes: | length | type | value, padded to 4 |
/// </code>
/// Integers have the machine's byte order; ports and addresses have the network's.
/// </remarks>
internal static class SocketDiagnostics
{
    private const int HeaderSize = 16;
    private const ushort ByFamily = 20;
    private const ushort Error = 2;
    private const ushort Done = 3;
    private const ushort RequestAndDump = 0x301;
    private const uint ListenState = 1 << 10;

    private const byte UnixFamily = 1;
    private const byte Ip4Family = 2;
    private const byte Ip6Family = 10;
    private const byte Tcp = 6;

    private const int TcpRequestSize = 56;
    private const int TcpAnswerSize = 72;
    private const int UnixRequestSize = 24;
    private const int UnixAnswerSize = 16;
    private const uint ShowNameAndQueue = 0x11;
    private const ushort NameAttribute = 0;
    private const ushort QueueAttribute = 4;

    private const int BufferSize = 32 << 10;

    /// <summary>Every listening TCP and Unix socket; omits a family that the kernel does not report.</summary>
    internal static List<ListeningSocket> Listening()
    {
        var sockets = new List<ListeningSocket>();
        var buffer = new byte[BufferSize];
        Span<byte> request = stackalloc byte[HeaderSize + TcpRequestSize];
        foreach (var family in (ReadOnlySpan<byte>)[Ip4Family, Ip6Family])
        {
            request.Clear();
            request[HeaderSize] = family;
            request[HeaderSize + 1] = Tcp;
            BinaryPrimitives.WriteUInt32LittleEndian(request[(HeaderSize + 4)..], ListenState);
            Ask(request, buffer, sockets, TcpSocketOf);
        }
        request = request[..(HeaderSize + UnixRequestSize)];
        request.Clear();
        request[HeaderSize] = UnixFamily;
        BinaryPrimitives.WriteUInt32LittleEndian(request[(HeaderSize + 4)..], ListenState);
        BinaryPrimitives.WriteUInt32LittleEndian(request[(HeaderSize + 12)..], ShowNameAndQueue);
        Ask(request, buffer, sockets, UnixSocketOf);
        return sockets;
    }

    private static void Ask(Span<byte> request, byte[] buffer, List<ListeningSocket> sockets, Parser parse)
    {
        BinaryPrimitives.WriteInt32LittleEndian(request, request.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(request[4..], ByFamily);
        BinaryPrimitives.WriteUInt16LittleEndian(request[6..], RequestAndDump);
        var descriptor = Libc.Socket(Libc.NetlinkFamily, Libc.RawCloseOnExec, Libc.SocketDiagnosticsProtocol);
        if (descriptor < 0) return;
        try
        {
            if (Libc.Send(descriptor, request, (nuint)request.Length, 0) < 0) return;
            while (true)
            {
                var length = Libc.Receive(descriptor, buffer, (nuint)buffer.Length, 0);
                if (length < 0 && Marshal.GetLastPInvokeError() == Libc.ErrorInterrupted) continue;
                if (length <= 0 || !Read(buffer.AsSpan(0, (int)length), sockets, parse)) return;
            }
        }
        finally
        {
            _ = Libc.Close(descriptor);
        }
    }

    /// <returns>Whether more messages follow.</returns>
    private static bool Read(ReadOnlySpan<byte> messages, List<ListeningSocket> sockets, Parser parse)
    {
        while (messages.Length >= HeaderSize)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(messages);
            var type = BinaryPrimitives.ReadUInt16LittleEndian(messages[4..]);
            if (type is Done or Error || length < HeaderSize || length > messages.Length) return false;
            if (type == ByFamily && parse(messages[HeaderSize..length]) is { } socket) sockets.Add(socket);
            messages = messages[Math.Min(Padded(length), messages.Length)..];
        }
        return true;
    }

    private static ListeningSocket? TcpSocketOf(ReadOnlySpan<byte> answer)
    {
        if (answer.Length < TcpAnswerSize) return null;
        var address = new IPAddress(answer.Slice(8, answer[0] == Ip4Family ? 4 : 16));
        var port = BinaryPrimitives.ReadUInt16BigEndian(answer[4..]);
        return new ListeningSocket(
            BinaryPrimitives.ReadUInt32LittleEndian(answer[68..]), new IPEndPoint(address, port).ToString(),
            BinaryPrimitives.ReadUInt32LittleEndian(answer[56..]), BinaryPrimitives.ReadUInt32LittleEndian(answer[60..]));
    }

    private static ListeningSocket? UnixSocketOf(ReadOnlySpan<byte> answer)
    {
        if (answer.Length < UnixAnswerSize) return null;
        var inode = BinaryPrimitives.ReadUInt32LittleEndian(answer[4..]);
        var (name, backlog, limit) = ("", 0u, 0u);
        var attributes = answer[UnixAnswerSize..];
        while (attributes.Length >= 4)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(attributes);
            if (length < 4 || length > attributes.Length) break;
            var value = attributes[4..length];
            switch (BinaryPrimitives.ReadUInt16LittleEndian(attributes[2..]))
            {
                case NameAttribute:
                    // An abstract name begins with a zero byte, shown as @; a path may end with one.
                    name = Encoding.UTF8.GetString(value.TrimEnd((byte)0)).Replace('\0', '@');
                    break;
                case QueueAttribute when value.Length >= 8:
                    backlog = BinaryPrimitives.ReadUInt32LittleEndian(value);
                    limit = BinaryPrimitives.ReadUInt32LittleEndian(value[4..]);
                    break;
            }
            attributes = attributes[Math.Min(Padded(length), attributes.Length)..];
        }
        return new ListeningSocket(inode, $"unix:{name}", backlog, limit);
    }

    private static int Padded(int length) => (length + 3) & ~3;

    private delegate ListeningSocket? Parser(ReadOnlySpan<byte> answer);
}

using System.Buffers.Text;
using System.Globalization;
using System.Text;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Stacks;

/// <summary>What the kernel reports about the signals of one thread. A bit of a set is a signal: the lowest is signal 1.</summary>
/// <param name="Pending">Sent to the thread, and not handled yet.</param>
/// <param name="Blocked">Held back, as the signal of a handler is while it runs.</param>
/// <param name="Caught">Those with a handler, for the whole process.</param>
internal readonly record struct ThreadSignals(ulong Pending, ulong Blocked, ulong Caught)
{
    /// <summary>Reads them; null if there is no such thread.</summary>
    internal static ThreadSignals? Read(int pid, int thread)
    {
        var path = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/task/{thread}/status\0"));
        var status = Libc.ReadFile(path, stackalloc byte[4096]);
        return status.IsEmpty ? null : new(SetOf(status, "\nSigPnd:\t"u8), SetOf(status, "\nSigBlk:\t"u8), SetOf(status, "\nSigCgt:\t"u8));
    }

    /// <summary>Whether the thread has yet to handle a signal that it was sent, or handles it now.</summary>
    internal bool IsAnswering(int signal) => ((Pending | Blocked) & Bit(signal)) != 0;

    internal bool IsBlocked(int signal) => (Blocked & Bit(signal)) != 0;

    internal bool IsCaught(int signal) => (Caught & Bit(signal)) != 0;

    private static ulong Bit(int signal) => 1UL << (signal - 1);

    private static ulong SetOf(ReadOnlySpan<byte> status, ReadOnlySpan<byte> name)
    {
        var at = status.IndexOf(name);
        return at >= 0 && Utf8Parser.TryParse(status[(at + name.Length)..], out ulong set, out _, 'x') ? set : 0;
    }
}

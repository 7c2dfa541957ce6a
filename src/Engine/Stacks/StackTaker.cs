using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Flights;
using GunicornPrometheusExporter.Native;
using GunicornPrometheusExporter.Slots;

namespace GunicornPrometheusExporter.Stacks;

/// <summary>Takes stacks of a store's workers, and collects those that others left. Stateless: safe for any number of threads.</summary>
/// <remarks>The default action of the signal ends its process, so every step before it is a check: see docs/stacks.md.</remarks>
/// <param name="directory">The store; it need not exist yet.</param>
internal sealed class StackTaker(string directory)
{
    // In seconds. A thread that waits for a disk or a file server handles no signal.
    private const double LongestAnswer = 0.2;

    // The kernel takes a signal from the thread a moment before it blocks it: a thread that has no text by then has no Python code.
    private const double LongestSilence = 0.02;

    // In microseconds.
    private const uint Poll = 10;
    private const uint SlowPoll = 1000;

    private const double FastPolls = 0.002;

    // In milliseconds: another process holds the lock that long to take a stack.
    private const int ShortWait = 10;

    // A process may have more; a worker has not.
    private const int MostThreads = 256;

    /// <summary>Takes the stack of one thread, which is interrupted for as long as its handler runs.</summary>
    /// <param name="report">The worker's flight file, as it is now.</param>
    /// <param name="thread">The kernel's id of the thread.</param>
    /// <param name="reason">Why there is no stack, as the end of a sentence; null if there is one.</param>
    /// <returns>Null if it cannot be taken.</returns>
    public ThreadStack? Take(SlotKind kind, int slot, FlightReport report, int thread, out string? reason)
    {
        try
        {
            reason = null;
            if (report.StackSignal == 0)
            {
                reason = "the worker has no handler for it";
                return null;
            }
            if (report.StackSignal is < Libc.FirstRealTimeSignal or > Libc.LastSignal)
            {
                reason = $"its flight file has signal {report.StackSignal}, which is not a real-time signal";
                return null;
            }
            using var file = StackFile.TryOpen(directory, kind, slot);
            if (file is null)
            {
                reason = "its stack file is missing, or another process is taking stacks";
                return null;
            }
            var process = Libc.OpenProcess(report.Pid);
            if (process < 0)
            {
                reason = ReasonOf(Marshal.GetLastPInvokeError());
                return null;
            }
            try
            {
                return Take(file, process, kind, slot, report, thread, out reason);
            }
            finally
            {
                _ = Libc.Close(process);
            }
        }
        catch (Exception e) when (e is StoreException or CorruptFileException or IOException)
        {
            reason = e.Message;
            return null;
        }
    }

    /// <summary>The threads of a worker that can be asked for a stack, the main thread first; those that block the signal cannot.</summary>
    public static IReadOnlyList<int> ThreadsOf(FlightReport report)
    {
        try
        {
            return
            [
                .. Directory.EnumerateDirectories($"/proc/{report.Pid}/task").Take(MostThreads)
                    .Select(path => int.TryParse(Path.GetFileName(path), out var thread) ? thread : 0)
                    .Where(thread => report.StackSignal > 0)
                    .Where(thread => ThreadSignals.Read(report.Pid, thread)?.IsBlocked(report.StackSignal) == false)
                    .Order(),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Removes and returns the stacks that a worker's file holds: those that a master, or a taker that was killed, left.</summary>
    /// <remarks>
    /// What another process uses, or a thread has yet to write, is left for the next time: a hostile worker must not delay scrapes.
    /// </remarks>
    /// <exception cref="CorruptFileException">It is not a regular file.</exception>
    /// <exception cref="StoreException">It cannot be opened, locked or changed.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public IReadOnlyList<ThreadStack> Drain(int slot)
    {
        if (!Libc.TryGetStatus(StackFile.PathOf(directory, SlotKind.Worker, slot), out var status) || status.Size == 0) return [];
        using var file = StackFile.TryOpen(directory, SlotKind.Worker, slot, ShortWait);
        if (file is null) return [];
        var text = file.Read(0);
        if (IsGrowing(text)) return [];
        file.Cut(0);
        return StackText.Read(text);
    }

    private ThreadStack? Take(
        StackFile file, int process, SlotKind kind, int slot, FlightReport report, int thread, out string? reason)
    {
        var signal = report.StackSignal;
        reason = WhyNot(kind, slot, report, thread);
        if (reason is not null) return null;
        var size = file.Size();
        var time = MonotonicClock.Seconds();
        try
        {
            var marker = StackText.MarkerOf(report.Pid, thread, time);
            file.Append(marker);
            if (Libc.IsExited(process)) reason = "the worker exited";
            else if (Libc.SignalThread(report.Pid, thread, signal) != 0) reason = ReasonOf(Marshal.GetLastPInvokeError());
            else if (!IsAnswered(file, size + marker.Length, report.Pid, thread, signal))
            {
                reason = "the thread did not answer: it waits in the kernel";
            }
            if (reason is not null) return null;
            var seconds = MonotonicClock.Seconds() - time;
            if (StackText.Read(file.Read(size)) is [var stack]) return stack with { Seconds = seconds };
            reason = "the thread runs no Python code";
            return null;
        }
        finally
        {
            file.Cut(size);
        }
    }

    /// <summary>Why the signal must not be sent; null if it may.</summary>
    private string? WhyNot(SlotKind kind, int slot, FlightReport report, int thread)
    {
        using (var slots = SlotTable.OpenExisting(directory))
        {
            switch (slots?.HolderOf(kind, slot))
            {
                case null: return "the worker exited";
                case 0: return "the worker is in another PID namespace";
                case var holder when holder != report.Pid: return $"its slot belongs to process {holder}";
            }
        }
        return ThreadSignals.Read(report.Pid, thread) switch
        {
            null => "the thread exited",
            var signals when !signals.Value.IsCaught(report.StackSignal) => "the application took the signal's handler away",
            var signals when signals.Value.IsAnswering(report.StackSignal) =>
                "the thread blocks the signal, or has yet to answer the last one",
            _ => null,
        };
    }

    private static bool IsAnswered(StackFile file, long before, int pid, int thread, int signal)
    {
        var start = MonotonicClock.Seconds();
        for (var seen = start; ;)
        {
            // Read in this order: the kernel blocks the signal before the first letter, and until the handler returns.
            var hasText = file.Size() > before;
            var signals = ThreadSignals.Read(pid, thread);
            var now = MonotonicClock.Seconds();
            // On a busy machine, the signal may be pending for longer than the silence.
            if (signals?.IsAnswering(signal) == true) seen = now;
            else if (signals is null || hasText || now - seen > LongestSilence) return true;
            var seconds = now - start;
            if (seconds > LongestAnswer) return false;
            _ = Libc.SleepMicroseconds(seconds < FastPolls ? Poll : SlowPoll);
        }
    }

    /// <summary>Whether a text ends with a stack that its thread has yet to write, or writes now.</summary>
    private static bool IsGrowing(ReadOnlySpan<byte> text)
    {
        text = text[(text.LastIndexOf("\nthread "u8) + 1)..];
        var end = Math.Max(text.IndexOf((byte)'\n'), 0);
        return StackText.TryReadMarker(text[..end], out var marker)
            && MonotonicClock.Seconds() - marker.Time < LongestAnswer
            && ThreadSignals.Read(marker.Pid, marker.Thread) is { } signals
            && (text.Length == end + 1 || ((signals.Pending | signals.Blocked) >> (Libc.FirstRealTimeSignal - 1)) != 0);
    }

    private static string ReasonOf(int error) => error switch
    {
        Libc.ErrorNoProcess => "the worker or the thread exited",
        Libc.ErrorNotPermitted => "this user may not signal the worker; run this as the workers' user",
        _ => $"the signal cannot be sent ({Marshal.GetPInvokeErrorMessage(error)})",
    };
}

using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Flights;
using GunicornPrometheusExporter.Native;
using GunicornPrometheusExporter.Slots;
using GunicornPrometheusExporter.Stacks;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Stacks;

/// <summary>A Python process that holds slot 1 as a worker does, with faulthandler's handler and a second thread.</summary>
internal sealed class PythonWorker : IDisposable
{
    private const string Script =
        """
        import faulthandler, fcntl, os, signal, sys, threading
        lock, stacks, *offsets = sys.argv[1:]
        fd = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
        for offset in offsets:
            fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, int(offset))
        number = signal.SIGRTMIN + 5
        file = os.open(stacks, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        faulthandler.register(number, file, all_threads=False, chain=False)
        ready = threading.Event()
        def inner():
            ready.set()
            threading.Event().wait()
        def outer():
            inner()
        thread = threading.Thread(target=outer, daemon=True)
        thread.start()
        ready.wait()
        print(number, thread.native_id, flush=True)
        def main():
            for line in sys.stdin:
                exec(line)
                print("done", flush=True)
        main()
        """;

    private readonly Process _process;

    internal PythonWorker(string directory, int slot = 1)
    {
        _process = Process.Start(new ProcessStartInfo(
            "/usr/bin/python3",
            [
                "-c", Script, Path.Combine(directory, SlotName.LockFile), StackFile.PathOf(directory, SlotKind.Worker, slot),
                Number(SlotTable.LifeByteOf(SlotKind.Worker, slot)), Number(SlotTable.PidByteOf(SlotKind.Worker, slot)),
            ])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        var numbers = _process.StandardOutput.ReadLine()!.Split(' ');
        (Signal, Thread) = (int.Parse(numbers[0], CultureInfo.InvariantCulture), int.Parse(numbers[1], CultureInfo.InvariantCulture));
    }

    internal int Pid => _process.Id;

    internal int Signal { get; }

    /// <summary>The thread besides the main thread.</summary>
    internal int Thread { get; }

    /// <summary>What its flight file would report.</summary>
    internal FlightReport Report =>
        new(Pid, 1, 0, 0, 0, 0, 0, 0, 0, false, ImmutableArray<FlightRequest>.Empty) { StackSignal = Signal };

    /// <summary>Runs a statement in the main thread. The process still lives afterwards.</summary>
    internal void Run(string statement)
    {
        _process.StandardInput.WriteLine(statement);
        Assert.Equal("done", _process.StandardOutput.ReadLine());
    }

    /// <summary>Starts a statement that does not end.</summary>
    internal void Begin(string statement) => _process.StandardInput.WriteLine(statement);

    internal void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    internal void Send(int thread) => Assert.Equal(0, Libc.SignalThread(Pid, thread, Signal));

    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}

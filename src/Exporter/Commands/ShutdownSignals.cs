using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Master;

namespace GunicornPrometheusExporter.Exporter.Commands;

/// <summary>When an exporter exits: at SIGINT or SIGTERM, except the first SIGTERM while its master runs.</summary>
/// <remarks>
/// A service manager sends SIGTERM to all processes of a service at once. The master and its workers then finish the
/// requests in flight, and the exporter must forward their counts, so it continues until the master exits. Then the kernel
/// sends SIGTERM; a master that stops regularly sends SIGINT as its last step.
/// </remarks>
#pragma warning disable CA1001 // Never disposed: otherwise a SIGTERM that arrives during exit would kill the process.
internal sealed class ShutdownSignals
#pragma warning restore CA1001
{
    // Enough for the last snapshot to arrive, but less than the time after which a master kills the exporter.
    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(4);

    private readonly CancellationTokenSource _end = new();
    private readonly PosixSignalRegistration[] _registrations;
    private readonly int? _master;
    private readonly ILogger _log;
    private int _terminated;

    internal ShutdownSignals(int? master, ILogger log)
    {
        (_master, _log) = (master, log);
        _registrations =
            [PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle), PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle)];
    }

    /// <summary>
    /// Runs work until a signal cancels its token or it fails, and returns the exit status. Abandons work that does not stop.
    /// </summary>
    internal async Task<int> RunAsync(Func<CancellationToken, Task> work)
    {
        var running = work(_end.Token);
        if (await Task.WhenAny(running, OverdueAsync()) != running) return ExitStatus.Failure;
        await running;
        return ExitStatus.Ok;
    }

    internal Task EndAsync() => _end.CancelAsync();

    private async Task OverdueAsync()
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.Delay(LongestEnd);
    }

    private void Handle(PosixSignalContext signal)
    {
        signal.Cancel = true;
        var isFirst = signal.Signal == PosixSignal.SIGTERM && Interlocked.Exchange(ref _terminated, 1) == 0;
        if (isFirst && _master is { } master && MasterProcess.IsParent(master)) _log.EndsWithMaster(master);
        else _ = EndAsync();
    }
}

using System.Collections.Immutable;

namespace GunicornPrometheusExporter.Stacks;

/// <summary>The Python stack of one thread of a worker.</summary>
/// <param name="Pid">The worker, in its own PID namespace.</param>
/// <param name="Thread">The kernel's id of the thread, in the same PID namespace.</param>
/// <param name="Time">When it was requested, in seconds of the monotonic clock.</param>
/// <param name="Frames">The innermost frame first.</param>
internal sealed record ThreadStack(int Pid, int Thread, double Time, ImmutableArray<StackFrame> Frames)
{
    /// <summary>How long the thread took to answer, in seconds; 0 if nobody waited for it.</summary>
    public double Seconds { get; init; }

    /// <summary>How many characters its names have.</summary>
    internal int Characters => Frames.Sum(frame => frame.File.Length + frame.Function.Length);
}

using GunicornPrometheusExporter.Flights;
using GunicornPrometheusExporter.Stacks;

namespace GunicornPrometheusExporter.Exporter.Profiles;

/// <summary>A worker while it is profiled. Not thread-safe.</summary>
/// <param name="flight">The worker when it was found.</param>
/// <param name="found">When that was, in seconds of the monotonic clock.</param>
internal sealed class SampledWorker(LiveFlight flight, double found)
{
    // The part of its time that a worker may lose to samples: deep stacks take longer, and are taken less often.
    private const double MostShare = 0.01;

    // In seconds. Samples this far apart are always taken: they show what a sample costs.
    private const double WidestGap = 0.1;

    // In seconds: more is a machine that was suspended.
    private const double LongestGap = 1;

    private readonly double _found = found;
    private double _last = found;
    private int _frames;

    // Of the fastest answer: the others also waited for a processor.
    private double _secondsOfFrame = double.PositiveInfinity;

    /// <summary>What the samples took of the worker, in seconds; estimated from the fastest.</summary>
    internal double Cost => _frames > 0 ? _frames * _secondsOfFrame : 0;

    /// <summary>Takes the stack of one thread, if a request is in flight. It stands for all such threads since the last sample.</summary>
    /// <param name="now">The time, in seconds of the monotonic clock.</param>
    internal void Sample(
        StackTaker taker, double now, Func<FlightRequest, bool> isWanted, Profile profile, SampleCount count)
    {
        if (flight.Again() is not { } current) return;
        count.AddWorker(current.WorkerId);
        var requests = current.Report.Requests.Where(isWanted).DistinctBy(request => request.Thread).ToArray();
        var gap = now - _last;
        if (requests.Length > 0 && gap < WidestGap && Cost > MostShare * (now - _found)) return;
        _last = now;
        if (requests.Length == 0) return;
        var request = requests[Random.Shared.Next(requests.Length)];
        if (taker.Take(current.Kind, current.Number, current.Report, request.Thread, out var reason) is not { } stack)
        {
            count.AddMissed(reason!);
            return;
        }
        _frames += stack.Frames.Length;
        _secondsOfFrame = Math.Min(_secondsOfFrame, stack.Seconds / stack.Frames.Length);
        // Otherwise the stack is that of a thread that waits for the next request.
        if (current.Again()?.Report.Requests.Any(later => IsSame(later, request)) != true) return;
        count.AddTaken();
        lock (profile) profile.Add(stack.Frames, Math.Min(gap, LongestGap) * requests.Length);
    }

    private static bool IsSame(FlightRequest one, FlightRequest other) => one.Started == other.Started && one.Thread == other.Thread;
}

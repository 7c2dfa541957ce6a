using GunicornPrometheusExporter.Deaths;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Flights;
using GunicornPrometheusExporter.Stacks;
using GunicornPrometheusExporter.Workers;

namespace GunicornPrometheusExporter.Exporter.Profiles;

/// <summary>Samples the threads of workers that handle requests.</summary>
/// <param name="config">The routes of paths.</param>
internal sealed class Profiler(string directory, ExporterConfig config)
{
    // Most of the time of a sample is waiting for the worker.
    private static readonly ParallelOptions AtOnce = new() { MaxDegreeOfParallelism = 4 };

    // In seconds.
    private const double ListingInterval = 1;

    private readonly StackTaker _taker = new(directory);
    private readonly RequestChoice _choice = RequestChoice.Of(config);

    /// <summary>Takes samples until the time is over, or it is cancelled. Blocks its thread.</summary>
    /// <exception cref="IOException">The store cannot be listed.</exception>
    internal (Profile Profile, SampleCount Count) Run(ProfileRequest request, CancellationToken end)
    {
        var (profile, count) = (new Profile(), new SampleCount());
        var interval = 1 / request.Rate;
        var (start, listed) = (MonotonicClock.Seconds(), double.NegativeInfinity);
        Dictionary<string, SampledWorker> workers = [];
        HashSet<SampledWorker> all = [];
        for (var now = start; now - start < request.Seconds && !end.IsCancellationRequested; now = MonotonicClock.Seconds())
        {
            if (now - listed > ListingInterval)
            {
                (workers, listed) = (List(request.WorkerId, workers, now), now);
                all.UnionWith(workers.Values);
            }
            Parallel.ForEach(workers.Values, AtOnce, worker =>
                worker.Sample(_taker, MonotonicClock.Seconds(), running => IsWanted(running, request.Route), profile, count));
            // A random moment of each interval, so that the samples do not follow the rhythm of the application.
            var ticks = Math.Floor((MonotonicClock.Seconds() - start) / interval) + 1;
            var next = start + ((ticks + (Random.Shared.NextDouble() / 2)) * interval);
            var wait = Math.Min(next, start + request.Seconds) - MonotonicClock.Seconds();
            _ = end.WaitHandle.WaitOne(TimeSpan.FromSeconds(Math.Max(0, wait)));
        }
        profile.Duration = MonotonicClock.Seconds() - start;
        profile.Cost = all.Sum(worker => worker.Cost);
        return (profile, count);
    }

    /// <summary>The workers of now, with what is known of those from before.</summary>
    private Dictionary<string, SampledWorker> List(string? workerId, Dictionary<string, SampledWorker> known, double now) =>
        LiveFlight.In(directory, workerId).ToDictionary(
            flight => flight.Path, flight => known.GetValueOrDefault(flight.Path) ?? new SampledWorker(flight, now));

    private bool IsWanted(FlightRequest request, string? route) =>
        !request.IsOverdue && (route is null || new RequestLabels(request, config.Routes, _choice).Route == route);
}

using GunicornPrometheusExporter.Forwarding;
using GunicornPrometheusExporter.Incidents;
using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Engine.Tests.Fleet;

/// <summary>A source that says what a test tells it.</summary>
internal sealed class TestSource : IFleetSource
{
    public List<HostSnapshot> Hosts { get; } = [];

    public List<SkippedEntry> Skipped { get; } = [];

    public HubLease? Lease { get; set; }

    public string Place => "here";

    public string? Failure { get; set; }

    public Task<FleetReading> ReadAsync(CancellationToken cancellation) => Failure is { } failure
        ? throw new ForwardingException(failure)
        : Task.FromResult(new FleetReading([.. Hosts], [.. Skipped]));

    public Task<IReadOnlyList<Incident>> ReadIncidentsAsync(CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<Incident>>([]);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

namespace GunicornPrometheusExporter.Engine.Tests.Fleet;

/// <summary>A clock that a test moves.</summary>
internal sealed class TestClock : TimeProvider
{
    internal DateTimeOffset Now { get; set; } = TestHost.Start;

    public override DateTimeOffset GetUtcNow() => Now;
}

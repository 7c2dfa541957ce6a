namespace GunicornPrometheusExporter.Engine.Tests.Fleet;

/// <summary>A clock that a test moves.</summary>
internal sealed class TestClock : TimeProvider
{
    internal DateTimeOffset Now { get; set; } = TestHost.Start;

    /// <summary>The monotonic clock, in ticks.</summary>
    internal long Timestamp { get; set; }

    public override DateTimeOffset GetUtcNow() => Now;

    public override long GetTimestamp() => Timestamp;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;
}

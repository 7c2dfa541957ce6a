namespace GunicornPrometheusExporter.Snapshots;

/// <summary>The status of a forwarder. Immutable; the counts continue when it restarts.</summary>
internal sealed record ForwarderStatus
{
    public ForwarderState State { get; init; }

    /// <summary>When a snapshot last arrived; null before the first.</summary>
    public DateTimeOffset? LastSuccess { get; init; }

    /// <summary>Why the last failed attempt failed, without secrets; null before the first failure.</summary>
    public string? LastError { get; init; }

    public DateTimeOffset? LastErrorTime { get; init; }

    public long Sent { get; init; }

    public long Failed { get; init; }

    public long Dropped { get; init; }

    public long Bytes { get; init; }

    /// <summary>Buffered snapshots.</summary>
    public int Waiting { get; init; }

    /// <summary>When the oldest snapshot that has not arrived was taken; null if all have arrived.</summary>
    public DateTimeOffset? BehindSince { get; init; }

    /// <summary>The age of the oldest snapshot that has not arrived; 0 if all have arrived.</summary>
    public TimeSpan LagAt(DateTimeOffset now) => BehindSince is { } since && since < now ? now - since : TimeSpan.Zero;

    internal ForwarderStatus AfterSuccess(DateTimeOffset time, Forwarded done) => After(time, done) with
    {
        State = ForwarderState.Running,
        LastSuccess = done.Snapshots > 0 ? time : LastSuccess,
    };

    internal ForwarderStatus AfterFailure(DateTimeOffset time, Forwarded done, string reason)
    {
        var after = After(time, done);
        return after with
        {
            State = ForwarderState.Failing,
            Failed = Failed + 1,
            LastError = reason,
            LastErrorTime = time,
            BehindSince = after.BehindSince ?? BehindSince ?? time,
        };
    }

    private ForwarderStatus After(DateTimeOffset time, Forwarded done) => this with
    {
        Sent = Sent + done.Snapshots,
        Dropped = Dropped + done.Dropped,
        Bytes = Bytes + done.Bytes,
        Waiting = done.Waiting,
        BehindSince = done.Waiting > 0 ? time - done.Lag : null,
    };
}

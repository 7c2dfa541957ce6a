namespace GunicornPrometheusExporter.Workers;

/// <summary>What a request's headers say that the recorder wants to know; each empty where there is no such header.</summary>
internal readonly ref struct RequestHeaders
{
    /// <summary><c>traceparent</c>, as it came.</summary>
    public ReadOnlySpan<byte> TraceParent { get; init; }

    /// <summary><c>X-Request-Start</c> or <c>X-Queue-Start</c>, as it came.</summary>
    public ReadOnlySpan<byte> QueueStart { get; init; }

    /// <summary><c>Content-Length</c>, as it came.</summary>
    public ReadOnlySpan<byte> ContentLength { get; init; }
}

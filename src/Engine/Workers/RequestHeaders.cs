namespace GunicornPrometheusExporter.Workers;

/// <summary>The raw headers of a request that the recorder uses; empty where the request has none.</summary>
internal readonly ref struct RequestHeaders
{
    /// <summary><c>traceparent</c>.</summary>
    public ReadOnlySpan<byte> TraceParent { get; init; }

    /// <summary><c>X-Request-Start</c> or <c>X-Queue-Start</c>.</summary>
    public ReadOnlySpan<byte> QueueStart { get; init; }

    /// <summary><c>Content-Length</c>.</summary>
    public ReadOnlySpan<byte> ContentLength { get; init; }

    /// <summary>Whether there is a <c>Transfer-Encoding</c>, so that the size of the body is unknown.</summary>
    public bool IsChunked { get; init; }

    /// <summary>Whether the request is the handshake of a WebSocket: <c>Upgrade: websocket</c>.</summary>
    public bool IsHandshake { get; init; }
}

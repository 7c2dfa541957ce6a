namespace GunicornPrometheusExporter.Flights;

/// <summary>One request in a worker's flight file, for its own worker.</summary>
/// <remarks>Valid until the request finishes; never kept longer than a call.</remarks>
internal readonly ref struct FlightEntry
{
    private readonly ref FlightRecord _record;

    internal FlightEntry(ref FlightRecord record) => _record = ref record;

    /// <summary>In seconds of the monotonic clock.</summary>
    public double Started => _record.Started;

    /// <summary>The time in the proxy's queue, in seconds; NaN if no proxy reported it.</summary>
    public double Queue
    {
        get => _record.Queue;
        set => _record.Queue = (float)value;
    }

    /// <summary>The combination of extra labels; 0 without one.</summary>
    public int Labels
    {
        get => _record.Labels;
        set => _record.Labels = value;
    }

    /// <summary>The size of the request's body, in bytes.</summary>
    public long Length
    {
        get => _record.Length;
        set => _record.Length = value;
    }

    /// <summary>The status of the response; 0 until it begins.</summary>
    public int Status => _record.Status;

    /// <summary>In UTF-8.</summary>
    public ReadOnlySpan<byte> Method => _record.Method[.._record.MethodLength];

    /// <summary>In UTF-8.</summary>
    public ReadOnlySpan<byte> Path => _record.Path[.._record.PathLength];

    /// <summary>The framework's route in UTF-8; empty until the framework reports one.</summary>
    public ReadOnlySpan<byte> Route
    {
        get => _record.Route[.._record.RouteLength];
        set => _record.RouteLength = (ushort)FlightRecord.Copy(value, _record.Route);
    }

    /// <summary>The trace id, 32 characters; a value of another length is ignored.</summary>
    public ReadOnlySpan<byte> Trace
    {
        get => _record.Trace[.._record.TraceLength];
        set
        {
            if (value.Length == FlightRecord.LongestTrace) _record.TraceLength = (byte)FlightRecord.Copy(value, _record.Trace);
        }
    }

    /// <summary>The span id of a sampled trace, 16 characters; empty for any other.</summary>
    public ReadOnlySpan<byte> Span
    {
        get => _record.Span[.._record.SpanLength];
        set
        {
            if (value.Length == FlightRecord.LongestSpan) _record.SpanLength = (byte)FlightRecord.Copy(value, _record.Span);
        }
    }

    /// <summary>Records that an exception of the request is counted; false if one is counted already.</summary>
    public bool Fail()
    {
        var isFirst = (_record.Marks & FlightRecord.Failed) == 0;
        _record.Marks |= FlightRecord.Failed;
        return isFirst;
    }

    /// <summary>Whether the response is a stream of events, which lasts as long as the client listens.</summary>
    public bool IsStream => (_record.Marks & FlightRecord.Stream) != 0;

    /// <inheritdoc cref="FlightRecord.IsLasting"/>
    public bool IsLasting => _record.IsLasting;

    /// <summary>The time from the parsed request to the first byte of the response, in seconds.</summary>
    public double FirstByte
    {
        get => _record.FirstByte;
        set => _record.FirstByte = (float)value;
    }

    public void MarkStream() => _record.Marks |= FlightRecord.Stream;

    /// <summary>Records that the request is the handshake of a WebSocket.</summary>
    public void MarkHandshake() => _record.Marks |= FlightRecord.Handshake;

    /// <summary>Records that the client is about to receive the first byte of a response.</summary>
    public void Respond(int status)
    {
        _record.Status = status;
        // Readers see the status once they see the state.
        Volatile.WriteBarrier();
        _record.State = FlightState.Responding;
    }
}

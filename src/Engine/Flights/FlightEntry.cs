namespace GunicornPrometheusExporter.Flights;

/// <summary>One request in a worker's flight file, as its worker sees it.</summary>
/// <remarks>Valid until the request ends; never kept longer than a call.</remarks>
internal readonly ref struct FlightEntry
{
    private readonly ref FlightRecord _record;

    internal FlightEntry(ref FlightRecord record) => _record = ref record;

    /// <summary>When it began, in seconds of the monotonic clock.</summary>
    public double Started => _record.Started;

    /// <summary>How long it waited in front of the worker, in seconds; NaN if no proxy reported it.</summary>
    public double Queue
    {
        get => _record.Queue;
        set => _record.Queue = value;
    }

    /// <summary>The size of its body, in bytes.</summary>
    public long Length
    {
        get => _record.Length;
        set => _record.Length = value;
    }

    /// <summary>The method, in UTF-8.</summary>
    public ReadOnlySpan<byte> Method => _record.Method[.._record.MethodLength];

    /// <summary>The path, in UTF-8.</summary>
    public ReadOnlySpan<byte> Path => _record.Path[.._record.PathLength];

    /// <summary>The framework's route, in UTF-8; empty if the framework has not reported one.</summary>
    public ReadOnlySpan<byte> Route
    {
        get => _record.Route[.._record.RouteLength];
        set => _record.RouteLength = (ushort)FlightRecord.Copy(value, _record.Route);
    }

    /// <summary>The trace id, 32 characters; one of another length is dropped.</summary>
    public ReadOnlySpan<byte> Trace
    {
        get => _record.Trace[.._record.TraceLength];
        set
        {
            if (value.Length == FlightRecord.LongestTrace) _record.TraceLength = (byte)FlightRecord.Copy(value, _record.Trace);
        }
    }

    /// <summary>The span id, 16 characters, of a trace that is kept; empty for any other.</summary>
    public ReadOnlySpan<byte> Span
    {
        get => _record.Span[.._record.SpanLength];
        set
        {
            if (value.Length == FlightRecord.LongestSpan) _record.SpanLength = (byte)FlightRecord.Copy(value, _record.Span);
        }
    }

    /// <summary>Notes that the client is about to receive the first byte of a response.</summary>
    /// <param name="status">Its status.</param>
    public void Respond(int status)
    {
        _record.Status = status;
        // Readers see the status once they see the state.
        Volatile.WriteBarrier();
        _record.State = FlightState.Responding;
    }
}

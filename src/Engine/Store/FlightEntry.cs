namespace GunicornPrometheusExporter.Store;

/// <summary>One request in a worker's flight file, as its worker sees it.</summary>
/// <remarks>Valid until the request ends; never kept longer than a call.</remarks>
internal readonly unsafe ref struct FlightEntry
{
    private readonly byte* _entry;

    // SAFETY: FlightTableWriter makes entries of its own mapping, and every field below lies inside their 512 bytes.
    internal FlightEntry(byte* entry) => _entry = entry;

    /// <summary>When it began, in seconds of the monotonic clock.</summary>
    public double Started => *(double*)(_entry + FlightFormat.Started);

    /// <summary>How long it waited in front of the worker, in seconds; NaN if no proxy said so.</summary>
    public double Queue
    {
        get => *(double*)(_entry + FlightFormat.Queue);
        set => *(double*)(_entry + FlightFormat.Queue) = value;
    }

    /// <summary>The size of its body, in bytes.</summary>
    public long Length
    {
        get => *(long*)(_entry + FlightFormat.Length);
        set => *(long*)(_entry + FlightFormat.Length) = value;
    }

    /// <summary>The method, in UTF-8.</summary>
    public ReadOnlySpan<byte> Method => new(_entry + FlightFormat.Method, *(_entry + FlightFormat.MethodLength));

    /// <summary>The path, in UTF-8.</summary>
    public ReadOnlySpan<byte> Path => new(_entry + FlightFormat.Path, *(ushort*)(_entry + FlightFormat.PathLength));

    /// <summary>The framework's route, in UTF-8; empty if none was told.</summary>
    public ReadOnlySpan<byte> Route
    {
        get => new(_entry + FlightFormat.Route, *(ushort*)(_entry + FlightFormat.RouteLength));
        set
        {
            var length = Math.Min(value.Length, FlightFormat.LongestRoute);
            value[..length].CopyTo(new Span<byte>(_entry + FlightFormat.Route, FlightFormat.LongestRoute));
            *(ushort*)(_entry + FlightFormat.RouteLength) = (ushort)length;
        }
    }

    /// <summary>The trace id, 32 characters; one of another length is left out.</summary>
    public ReadOnlySpan<byte> Trace
    {
        get => new(_entry + FlightFormat.Trace, *(_entry + FlightFormat.TraceLength));
        set
        {
            if (value.Length != FlightFormat.LongestTrace) return;
            value.CopyTo(new Span<byte>(_entry + FlightFormat.Trace, FlightFormat.LongestTrace));
            *(_entry + FlightFormat.TraceLength) = FlightFormat.LongestTrace;
        }
    }

    /// <summary>The span id, 16 characters, of a trace that is kept; empty for any other.</summary>
    public ReadOnlySpan<byte> Span
    {
        get => new(_entry + FlightFormat.Span, *(_entry + FlightFormat.SpanLength));
        set
        {
            if (value.Length != FlightFormat.LongestSpan) return;
            value.CopyTo(new Span<byte>(_entry + FlightFormat.Span, FlightFormat.LongestSpan));
            *(_entry + FlightFormat.SpanLength) = FlightFormat.LongestSpan;
        }
    }

    /// <summary>Says that the client is about to get the first byte of a response.</summary>
    /// <param name="status">Its status.</param>
    public void Respond(int status)
    {
        *(int*)(_entry + FlightFormat.Status) = status;
        Volatile.Write(ref *(int*)(_entry + FlightFormat.State), (int)FlightState.Responding);
    }
}

using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Flights;

/// <summary>One request in a flight file; see <see cref="FlightFormat"/>.</summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal unsafe struct FlightRecord
{
    internal const int Size = 512;
    internal const int LongestMethod = 28;
    internal const int LongestTrace = 32;
    internal const int LongestPath = 240;
    internal const int LongestRoute = 144;
    internal const int LongestSpan = 16;

    // The bits of Marks: an exception is counted; the response is a stream of events; the request is a WebSocket's handshake.
    internal const byte Failed = 1;
    internal const byte Stream = 2;
    internal const byte Handshake = 4;

    [FieldOffset(0)] internal FlightState State;
    [FieldOffset(4)] internal int Status;
    [FieldOffset(8)] internal double Started;
    [FieldOffset(16)] internal float Queue;

    // The offset of the entry in the slot's counters that has the values of the extra labels; 0 without one.
    [FieldOffset(20)] internal int Labels;
    [FieldOffset(24)] internal long Length;
    [FieldOffset(32)] internal uint Generation;
    [FieldOffset(36)] internal byte MethodLength;
    [FieldOffset(37)] internal byte TraceLength;
    [FieldOffset(38)] internal ushort PathLength;
    [FieldOffset(40)] internal ushort RouteLength;
    [FieldOffset(42)] internal byte SpanLength;
    [FieldOffset(43)] internal byte Marks;

    // In seconds after Started; set only where the time is recorded.
    [FieldOffset(44)] internal float FirstByte;
    [FieldOffset(48)] private fixed byte _method[LongestMethod];

    // The kernel's id of the thread that began the request.
    [FieldOffset(76)] internal int Thread;
    [FieldOffset(80)] private fixed byte _trace[LongestTrace];
    [FieldOffset(112)] private fixed byte _path[LongestPath];
    [FieldOffset(352)] private fixed byte _route[LongestRoute];
    [FieldOffset(496)] private fixed byte _span[LongestSpan];

    // SAFETY: here and below, the span covers exactly its fixed buffer, which lies inside the record.
    [UnscopedRef]
    internal Span<byte> Method => MemoryMarshal.CreateSpan(ref _method[0], LongestMethod);

    [UnscopedRef]
    internal Span<byte> Trace => MemoryMarshal.CreateSpan(ref _trace[0], LongestTrace);

    [UnscopedRef]
    internal Span<byte> Path => MemoryMarshal.CreateSpan(ref _path[0], LongestPath);

    [UnscopedRef]
    internal Span<byte> Route => MemoryMarshal.CreateSpan(ref _route[0], LongestRoute);

    [UnscopedRef]
    internal Span<byte> Span => MemoryMarshal.CreateSpan(ref _span[0], LongestSpan);

    /// <summary>When the request began, in seconds of the monotonic clock; 0 in place of what no worker writes.</summary>
    internal readonly double Start => Math.Abs(Started) < FlightHeader.LongestTime ? Started : 0;

    internal readonly bool IsTaken => State is FlightState.Running or FlightState.Responding;

    /// <summary>Whether it lasts as long as the client wants: a stream of events, or a WebSocket.</summary>
    internal readonly bool IsLasting => (Marks & (Stream | Handshake)) != 0;

    /// <summary>As much of a route as a record has room for.</summary>
    internal static ReadOnlySpan<byte> Shorten(ReadOnlySpan<byte> route) => route[..Math.Min(route.Length, LongestRoute)];

    /// <summary>Copies as much of a text as fits into a field, and returns the number of bytes.</summary>
    internal static int Copy(ReadOnlySpan<byte> text, Span<byte> field)
    {
        var length = Math.Min(text.Length, field.Length);
        text[..length].CopyTo(field);
        return length;
    }
}

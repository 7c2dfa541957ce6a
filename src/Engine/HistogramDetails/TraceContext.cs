using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace GunicornPrometheusExporter.HistogramDetails;

/// <summary>A trace id and a span id, as hexadecimal digits.</summary>
[InlineArray(ExemplarFormat.TraceLength + ExemplarFormat.SpanLength)]
internal struct TraceContext
{
    public static readonly SearchValues<byte> Digits = SearchValues.Create("0123456789abcdef"u8);

    private byte _first;

    /// <summary>32 digits.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Trace => ((ReadOnlySpan<byte>)this)[..ExemplarFormat.TraceLength];

    /// <summary>16 digits.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Span => ((ReadOnlySpan<byte>)this)[ExemplarFormat.TraceLength..];
}

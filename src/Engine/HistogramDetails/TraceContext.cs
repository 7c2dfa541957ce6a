using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace GunicornPrometheusExporter.HistogramDetails;

/// <summary>The identifiers of a trace and of a span in it, as hexadecimal digits.</summary>
[InlineArray(ExemplarFormat.TraceLength + ExemplarFormat.SpanLength)]
internal struct TraceContext
{
    /// <summary>What identifiers are made of.</summary>
    public static readonly SearchValues<byte> Digits = SearchValues.Create("0123456789abcdef"u8);

    private byte _first;

    /// <summary>The trace id: 32 digits.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Trace => ((ReadOnlySpan<byte>)this)[..ExemplarFormat.TraceLength];

    /// <summary>The span id: 16 digits.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Span => ((ReadOnlySpan<byte>)this)[ExemplarFormat.TraceLength..];
}

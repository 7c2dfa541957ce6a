using System.Runtime.CompilerServices;

namespace GunicornPrometheusExporter.Exposition;

/// <summary>The identifiers of a trace and of a span in it: 32 and 16 hexadecimal digits.</summary>
[InlineArray(TraceLength + SpanLength)]
internal struct TraceContext
{
    private const int TraceLength = 32;
    private const int SpanLength = 16;

    private byte _first;

    /// <summary>The trace id.</summary>
    [System.Diagnostics.CodeAnalysis.UnscopedRef]
    public readonly ReadOnlySpan<byte> Trace => ((ReadOnlySpan<byte>)this)[..TraceLength];

    /// <summary>The span id.</summary>
    [System.Diagnostics.CodeAnalysis.UnscopedRef]
    public readonly ReadOnlySpan<byte> Span => ((ReadOnlySpan<byte>)this)[TraceLength..];
}

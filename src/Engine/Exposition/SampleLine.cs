namespace GunicornPrometheusExporter.Exposition;

/// <summary>One sample of a family, without its value.</summary>
/// <remarks>The text is the same in both text formats; the labels are without a bucket's bound, and shared by the label set.</remarks>
internal readonly record struct SampleLine(LineKind Kind, byte[] Text, int Series, double Bound, LabelSet Labels)
    : IComparable<SampleLine>
{
    /// <summary>Whether it is omitted because the client did not select it.</summary>
    public bool IsHidden { get; init; }

    public int CompareTo(SampleLine other) => (Kind, Bound).CompareTo((other.Kind, other.Bound));

    /// <summary>Removes the lines of the first label set from the span, and returns them.</summary>
    public static ReadOnlySpan<SampleLine> TakeLabelSet(ref ReadOnlySpan<SampleLine> lines)
    {
        var count = 1;
        while (count < lines.Length && ReferenceEquals(lines[count].Labels, lines[0].Labels)) count++;
        var taken = lines[..count];
        lines = lines[count..];
        return taken;
    }
}

namespace GunicornPrometheusExporter.Exposition;

/// <summary>One sample of a family, without its value.</summary>
/// <param name="Kind">What it shows.</param>
/// <param name="Text">The bytes before the value in both text formats.</param>
/// <param name="Series">The index of the value.</param>
/// <param name="Bound">The upper bound of a bucket.</param>
/// <param name="Labels">The labels, without a bucket's bound, shared by all samples of the label set.</param>
internal readonly record struct SampleLine(LineKind Kind, byte[] Text, int Series, double Bound, LabelSet Labels)
{
    /// <summary>Whether it is omitted because the client did not select it.</summary>
    public bool IsHidden { get; init; }

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

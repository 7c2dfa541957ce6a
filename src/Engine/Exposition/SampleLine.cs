namespace GunicornPrometheusExporter.Exposition;

/// <summary>One sample of a family, without its number.</summary>
/// <param name="Kind">What it shows.</param>
/// <param name="Text">The bytes in front of the number in both text formats.</param>
/// <param name="Series">Where the number is in the values.</param>
/// <param name="Bound">The upper bound of a bucket.</param>
/// <param name="Labels">The labels that it shares with the samples around it, a bucket's bound not among them.</param>
internal readonly record struct SampleLine(LineKind Kind, byte[] Text, int Series, double Bound, LabelSet Labels)
{
    /// <summary>Whether the text format omits it because the client did not select it.</summary>
    public bool IsHidden { get; init; }

    /// <summary>Removes the lines of the first label set from those of a family.</summary>
    public static ReadOnlySpan<SampleLine> TakeLabelSet(ref ReadOnlySpan<SampleLine> lines)
    {
        var count = 1;
        while (count < lines.Length && ReferenceEquals(lines[count].Labels, lines[0].Labels)) count++;
        var taken = lines[..count];
        lines = lines[count..];
        return taken;
    }
}

namespace GunicornPrometheusExporter.Exposition;

/// <summary>One line, written out up to its number.</summary>
/// <param name="Kind">What it shows.</param>
/// <param name="Text">The bytes in front of the number; of a header, all its bytes.</param>
/// <param name="Series">Where the number is in the values, if the line has one.</param>
internal readonly record struct TextLine(LineKind Kind, byte[] Text, int Series);

namespace GunicornPrometheusExporter.Fuzz.Oracles;

/// <summary>An entry of a <see cref="ReferenceFile"/>.</summary>
/// <param name="Offset">Where it begins.</param>
/// <param name="ValueOffset">Where its value is.</param>
/// <param name="Value">The bits of its value.</param>
/// <param name="Timestamp">The bits of its timestamp; 0 where there is none.</param>
internal readonly record struct ReferenceEntry(int Offset, int ValueOffset, long Value, long Timestamp)
{
    /// <summary>Whether its value is no number.</summary>
    public bool IsNaN => double.IsNaN(BitConverter.Int64BitsToDouble(Value));
}

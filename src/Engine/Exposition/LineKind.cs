namespace GunicornPrometheusExporter.Exposition;

/// <summary>The content of a line, in the order of the lines of a label set.</summary>
internal enum LineKind : byte
{
    /// <summary>A series' value.</summary>
    Value,

    /// <summary>The sum of a histogram's buckets so far, this one included.</summary>
    Bucket,

    /// <summary>A series' value: the sum of the observations.</summary>
    Sum,

    /// <summary>The sum of all buckets since the last count; without buckets, the series' own value.</summary>
    Count,
}

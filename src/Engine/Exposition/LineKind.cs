namespace GunicornPrometheusExporter.Exposition;

/// <summary>What a line shows, in the order in which the lines of a label set stand.</summary>
internal enum LineKind : byte
{
    /// <summary>A series' value.</summary>
    Value,

    /// <summary>The sum of a histogram's buckets so far, this one included.</summary>
    Bucket,

    /// <summary>A series' value: the sum of what was observed.</summary>
    Sum,

    /// <summary>The sum of all buckets since the last count; without buckets, the series' own value.</summary>
    Count,
}

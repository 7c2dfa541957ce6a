namespace GunicornPrometheusExporter.Exposition;

/// <summary>The content of a line, in the order of the lines of a label set.</summary>
internal enum LineKind : byte
{
    /// <summary>A series' value.</summary>
    Value,

    /// <summary>The sum of a histogram's buckets up to and including this one.</summary>
    Bucket,

    /// <summary>A series' value: the sum of the observations.</summary>
    Sum,

    /// <summary>The sum of all buckets of the label set; without buckets, the series' own value.</summary>
    Count,
}

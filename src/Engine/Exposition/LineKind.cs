namespace GunicornPrometheusExporter.Exposition;

/// <summary>What a line of a <see cref="TextDocument"/> shows, in the order in which a family's lines stand.</summary>
internal enum LineKind
{
    /// <summary>A family's header: shown before the first of its samples, if any is there.</summary>
    Header,

    /// <summary>A series' value.</summary>
    Value,

    /// <summary>The sum of a histogram's buckets so far, this one included.</summary>
    Bucket,

    /// <summary>A series' value: the sum of what was observed.</summary>
    Sum,

    /// <summary>The sum of all buckets since the last count; without buckets, the series' own value.</summary>
    Count,
}

namespace GunicornPrometheusExporter.Fuzz.Inputs;

/// <summary>What happens to a file between two looks at it.</summary>
internal enum FileStep
{
    /// <summary>It is written anew in its place.</summary>
    Rewrite,

    /// <summary>Another file takes its place.</summary>
    Replace,

    /// <summary>Its first bytes are written over, its size stays.</summary>
    Overwrite,

    /// <summary>It is removed.</summary>
    Remove,
}

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>A source of samples that no file has. To add one, put it into <see cref="StoreAggregator.Sources"/>.</summary>
internal interface ISampleSource
{
    /// <summary>The name in the log.</summary>
    string Name { get; }

    /// <summary>Reads values that have peaks. Called once a second, and before each <see cref="Add"/>.</summary>
    void Look(FamilyTable families) { }

    /// <summary>Adds the samples of this scrape. If it throws, the scrape lacks only this source's samples.</summary>
    void Add(FamilyTable families);

    /// <summary>Discards remembered series, because <see cref="FamilyTable.Clear"/> has removed them.</summary>
    void Clear() { }
}

namespace GunicornPrometheusExporter.Exporter.Top;

/// <summary>A table whose order the keys change.</summary>
internal interface ITopTable
{
    /// <summary>Sorts by the column a number of places to the right, wrapping around.</summary>
    void Move(int places);

    void Reverse();
}

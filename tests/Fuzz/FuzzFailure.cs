namespace GunicornPrometheusExporter.Fuzz;

/// <summary>What the product made of an input is wrong.</summary>
internal sealed class FuzzFailure(string message) : Exception(message)
{
    /// <summary>Fails unless something holds.</summary>
    public static void Unless(bool holds, string message)
    {
        if (!holds) throw new FuzzFailure(message);
    }
}

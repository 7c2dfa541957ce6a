namespace GunicornPrometheusExporter.Fuzz;

/// <summary>Something that reads bytes which others wrote.</summary>
internal interface IFuzzTarget : IDisposable
{
    /// <summary>The name on the command line and of its folder in the corpus.</summary>
    string Name { get; }

    /// <summary>Its share of a seeded run, in thousandths.</summary>
    int Share { get; }

    /// <summary>Makes an input: something valid, then damaged or not.</summary>
    byte[] Make(Random random);

    /// <summary>Reads an input.</summary>
    /// <returns>Whether all of it was valid.</returns>
    /// <exception cref="FuzzFailure">What came out is wrong. Every other exception is a finding too.</exception>
    bool Run(ReadOnlySpan<byte> input);
}

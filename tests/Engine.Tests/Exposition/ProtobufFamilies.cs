using GunicornPrometheusExporter.Engine.Tests.Exposition.Messages;

namespace GunicornPrometheusExporter.Engine.Tests.Exposition;

/// <summary>Reads a protobuf exposition with the decoder of another library.</summary>
public static class ProtobufFamilies
{
    public static IEnumerable<MetricFamily> Parse(byte[] exposition)
    {
        using var stream = new MemoryStream(exposition);
        while (stream.Position < stream.Length) yield return MetricFamily.Parser.ParseDelimitedFrom(stream);
    }
}

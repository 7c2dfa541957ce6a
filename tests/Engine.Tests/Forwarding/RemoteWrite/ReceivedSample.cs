namespace GunicornPrometheusExporter.Engine.Tests.Forwarding.RemoteWrite;

/// <summary>A sample that a receiver accepted.</summary>
/// <param name="Series">Its labels as they came: <c>__name__="up",job="a"</c>.</param>
/// <param name="Value">Its value.</param>
/// <param name="Time">Its time in milliseconds since 1970.</param>
internal sealed record ReceivedSample(string Series, double Value, long Time)
{
    /// <summary>Whether it ends its series.</summary>
    internal bool IsEnd => BitConverter.DoubleToUInt64Bits(Value) == 0x7ff0_0000_0000_0002;
}

using System.Text;
using GunicornPrometheusExporter.Flights;

namespace GunicornPrometheusExporter.Engine.Tests.Flights;

/// <summary>Makes the bytes of flight files, apart from the product's writer.</summary>
internal static class FlightImage
{
    private const int Entries = 1216;

    internal static byte[] Bytes(int pid, int inFlight, double busy, double lastChange, params FlightRequest[] requests)
    {
        var bytes = new byte[Entries + (64 * 512)];
        "GPEFLT03"u8.CopyTo(bytes);
        BitConverter.TryWriteBytes(bytes.AsSpan(8), pid);
        BitConverter.TryWriteBytes(bytes.AsSpan(24), 50e6);
        BitConverter.TryWriteBytes(bytes.AsSpan(64), inFlight);
        BitConverter.TryWriteBytes(bytes.AsSpan(72), busy);
        BitConverter.TryWriteBytes(bytes.AsSpan(80), lastChange);
        for (var i = 0; i < requests.Length; i++) Write(bytes.AsSpan(Entries + (i * 512), 512), requests[i]);
        return bytes;
    }

    private static void Write(Span<byte> entry, FlightRequest request)
    {
        entry[0] = (byte)request.State;
        BitConverter.TryWriteBytes(entry[4..], request.Status);
        BitConverter.TryWriteBytes(entry[8..], request.Started);
        BitConverter.TryWriteBytes(entry[16..], float.NaN);
        BitConverter.TryWriteBytes(entry[20..], request.Labels);
        BitConverter.TryWriteBytes(entry[76..], request.Thread);
        entry[43] = (byte)(request.IsLasting ? 2 : 0);
        entry[32] = 1;
        entry[36] = (byte)Encoding.UTF8.GetBytes(request.Method, entry[48..]);
        entry[37] = (byte)Encoding.UTF8.GetBytes(request.TraceId, entry[80..]);
        entry[38] = (byte)Encoding.UTF8.GetBytes(request.Path, entry[112..]);
        entry[40] = (byte)Encoding.UTF8.GetBytes(request.Route, entry[352..]);
    }
}

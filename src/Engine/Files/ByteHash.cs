using System.Numerics;
using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Files;

/// <summary>The hash of in-memory tables; never stored. Use its high bits, they are the best mixed.</summary>
internal static class ByteHash
{
    private const ulong Odd = 0x9E3779B97F4A7C15;

    internal static ulong Mix(ulong hash, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= sizeof(ulong))
        {
            hash = (BitOperations.RotateLeft(hash, 5) ^ MemoryMarshal.Read<ulong>(bytes)) * Odd;
            bytes = bytes[sizeof(ulong)..];
        }
        foreach (var b in bytes) hash = (BitOperations.RotateLeft(hash, 5) ^ b) * Odd;
        return hash;
    }
}

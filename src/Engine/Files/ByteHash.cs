using System.Numerics;
using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Files;

/// <summary>The hash of the tables that live as long as their process; never stored. Its high bits are the best.</summary>
internal static class ByteHash
{
    private const ulong Odd = 0x9E3779B97F4A7C15;

    /// <summary>Goes on with a hash over more bytes.</summary>
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

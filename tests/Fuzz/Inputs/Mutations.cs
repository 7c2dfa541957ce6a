using System.Buffers.Binary;

namespace GunicornPrometheusExporter.Fuzz.Inputs;

/// <summary>Damages bytes as disks, kills and foes do.</summary>
internal static class Mutations
{
    private static readonly int[] Integers =
        [0, 1, 2, 4, 7, 8, 9, 16, 24, 32, 255, 4096, 65535, 1 << 20, 256 << 20, int.MaxValue - 7, int.MaxValue, int.MinValue, -8, -1];

    /// <summary>None, one or a few damages, one after the other.</summary>
    public static byte[] Damage(Random random, byte[] bytes)
    {
        for (var damages = Math.Min(random.Next(4), random.Next(4)); damages > 0; damages--) bytes = DamageOnce(random, bytes);
        return bytes;
    }

    private static byte[] DamageOnce(Random random, byte[] bytes)
    {
        if (bytes.Length == 0) return bytes;
        var at = random.Next(bytes.Length);
        switch (random.Next(9))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 1:
                bytes[at] = (byte)random.Next(256);
                return bytes;
            case 2:
                return WriteInteger(bytes, at & ~3, Integers[random.Next(Integers.Length)]);
            case 3:
                // Near by what stands there: a length that is one off, `used` moved over half an entry.
                return WriteInteger(bytes, at & ~3, ReadInteger(bytes, at & ~3) + random.Next(-16, 17));
            case 4:
                return WriteInteger(bytes, 0, ReadInteger(bytes, 0) + (8 * random.Next(-8, 9)));
            case 5:
                return bytes[..at];
            case 6:
                return [.. bytes, .. new byte[random.Next(64)]];
            case 7:
                var from = random.Next(bytes.Length);
                var length = random.Next(Math.Min(128, bytes.Length - from) + 1);
                return [.. bytes[..at], .. bytes[from..(from + length)], .. bytes[at..]];
            default:
                return [.. bytes[..at], .. bytes[Math.Min(bytes.Length, at + random.Next(32))..]];
        }
    }

    private static int ReadInteger(byte[] bytes, int offset) =>
        offset + 4 <= bytes.Length ? BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(offset)) : 0;

    private static byte[] WriteInteger(byte[] bytes, int offset, int value)
    {
        if (offset + 4 <= bytes.Length) BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(offset), value);
        return bytes;
    }
}

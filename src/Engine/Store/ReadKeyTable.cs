using System.Diagnostics.CodeAnalysis;

namespace GunicornPrometheusExporter.Store;

/// <summary>Every key that the files of a store have, each parsed once in its life. Not thread-safe.</summary>
internal sealed class ReadKeyTable
{
    private readonly Dictionary<byte[], ReadKey> _keys = new(new HeadComparer());
    private readonly Dictionary<byte[], ReadKey>.AlternateLookup<ReadOnlySpan<byte>> _lookup;

    public ReadKeyTable() => _lookup = _keys.GetAlternateLookup<ReadOnlySpan<byte>>();

    /// <summary>Forgets every key.</summary>
    public void Clear() => _keys.Clear();

    /// <summary>The key of an entry.</summary>
    /// <param name="head">The entry's bytes up to its value.</param>
    /// <param name="keyLength">The length of the key, without padding.</param>
    /// <returns>Null if it is none that the format allows.</returns>
    public ReadKey? Find(ReadOnlySpan<byte> head, int keyLength)
    {
        if (_lookup.TryGetValue(head, out var known)) return known;
        // Copied first: the bytes may change while they are parsed.
        var key = ReadKey.TryParse(head.ToArray(), keyLength);
        if (key is not null) _keys.Add(key.Head, key);
        return key;
    }

    private sealed class HeadComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = new HashCode();
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}

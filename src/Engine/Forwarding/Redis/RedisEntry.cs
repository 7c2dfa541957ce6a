using StackExchange.Redis;

namespace GunicornPrometheusExporter.Forwarding.Redis;

/// <summary>The reply of Redis about an instance.</summary>
/// <param name="Names">The names of the requested fields; empty if no exporter wrote the key.</param>
/// <param name="TimeToLive">The time until its snapshot expires; null if it has expired, or was not requested.</param>
internal sealed record RedisEntry(string Instance, RedisValue[] Names, RedisValue[] Values, TimeSpan? TimeToLive = null)
{
    public static RedisEntry Foreign(string instance) => new(instance, [], []);

    /// <summary>Whether no exporter wrote the key.</summary>
    public bool IsForeign => Names.Length == 0;

    /// <summary>Whether the key has none of the requested fields.</summary>
    public bool IsEmpty => !IsForeign && Values.All(value => value.IsNull);

    public bool Has(string field) => !Find(field).IsNull;

    /// <exception cref="SnapshotFormatException">The field has no such value.</exception>
    public string Text(string field) => (string?)Find(field) ?? throw new SnapshotFormatException($"its field {field} is missing");

    /// <exception cref="SnapshotFormatException">The field has no such value.</exception>
    public byte[] Bytes(string field) => (byte[]?)Find(field) ?? throw new SnapshotFormatException($"its field {field} is missing");

    /// <exception cref="SnapshotFormatException">The field has no such value.</exception>
    public long Number(string field) =>
        Find(field).TryParse(out long number) ? number : throw new SnapshotFormatException($"its field {field} is not a number");

    private RedisValue Find(string field) => Array.IndexOf(Names, field) is var index and >= 0 ? Values[index] : RedisValue.Null;
}

namespace GunicornPrometheusExporter.Forwarding.Redis;

/// <summary>The fields of the hashes of <see cref="RedisKeys"/>.</summary>
internal static class SnapshotFields
{
    /// <summary>Which <see cref="Store.StoreIncarnation"/> the values are of.</summary>
    public const string Incarnation = "incarnation";

    /// <summary>Which forwarder wrote them: another one at each start of an exporter.</summary>
    public const string Writer = "writer";

    /// <summary>How many snapshots that forwarder had taken.</summary>
    public const string Sequence = "sequence";

    /// <summary>The id of <see cref="Layout"/>.</summary>
    public const string LayoutId = "layout_id";

    /// <summary>What <see cref="SnapshotCodec.EncodeLayout"/> gave; written when it changes.</summary>
    public const string Layout = "layout";

    /// <summary>What <see cref="SnapshotCodec.EncodeValues"/> gave.</summary>
    public const string Values = "values";

    /// <summary>When the values were read, in milliseconds since 1970 by the clock of the exporter's host.</summary>
    public const string Time = "time";

    /// <summary>The time between two snapshots in milliseconds.</summary>
    public const string Interval = "interval";

    /// <summary>The instance.</summary>
    public const string Instance = "instance";

    /// <summary>The boot id of the exporter's host.</summary>
    public const string Boot = "boot";

    /// <summary>When the exporter started, in milliseconds since 1970.</summary>
    public const string Start = "start";

    /// <summary>The id of <see cref="BaseLayout"/>. The three base fields are in the key that stays only, and may be missing.</summary>
    public const string BaseLayoutId = "base_layout_id";

    /// <summary>The layout of <see cref="BaseValues"/>.</summary>
    public const string BaseLayout = "base_layout";

    /// <summary>What had been counted before, by incarnations that are over: to be added to <see cref="Values"/>.</summary>
    public const string BaseValues = "base_values";
}

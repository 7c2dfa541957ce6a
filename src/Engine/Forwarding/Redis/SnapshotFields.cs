namespace GunicornPrometheusExporter.Forwarding.Redis;

/// <summary>The fields of the hashes of <see cref="RedisKeys"/>.</summary>
internal static class SnapshotFields
{
    /// <summary>The <c>StoreIncarnation</c> of the values.</summary>
    public const string Incarnation = "incarnation";

    /// <summary>The forwarder that wrote them; each start of an exporter has a new one.</summary>
    public const string Writer = "writer";

    /// <summary>The number of snapshots that this forwarder has taken.</summary>
    public const string Sequence = "sequence";

    public const string LayoutId = "layout_id";

    /// <summary>The result of <see cref="SnapshotCodec.EncodeLayout"/>; written when it changes.</summary>
    public const string Layout = "layout";

    /// <summary>The result of <see cref="SnapshotCodec.EncodeValues"/>.</summary>
    public const string Values = "values";

    /// <summary>When the values were read, in milliseconds since 1970 by the clock of the exporter's host.</summary>
    public const string Time = "time";

    /// <summary>The time between two snapshots in milliseconds.</summary>
    public const string Interval = "interval";

    /// <summary>The time to live of the snapshot in milliseconds; exporters before 0.2 do not write it and use three intervals.</summary>
    public const string TimeToLive = "time_to_live";

    /// <summary>The result of <see cref="IncidentCodec.Encode"/>; written when it changes.</summary>
    public const string Incidents = "incidents";

    public const string Instance = "instance";

    /// <summary>The boot id of the exporter's host.</summary>
    public const string Boot = "boot";

    /// <summary>When the exporter started, in milliseconds since 1970.</summary>
    public const string Start = "start";

    /// <summary>The id of <see cref="BaseLayout"/>. The base fields are optional, and only in the key that does not expire.</summary>
    public const string BaseLayoutId = "base_layout_id";

    public const string BaseLayout = "base_layout";

    /// <summary>The counts of earlier incarnations, to be added to <see cref="Values"/>.</summary>
    public const string BaseValues = "base_values";
}

namespace GunicornPrometheusExporter.Forwarding.Redis;

/// <summary>The only command that writes: it updates both keys, or neither.</summary>
internal static class RedisScript
{
    /// <summary>The snapshot, or a newer one, was stored.</summary>
    public const string Stored = "stored";

    /// <summary>Nothing was stored: the server lacks the layout, which the caller must send.</summary>
    public const string LayoutMissing = "layout";

    /// <summary>Nothing was stored: the counts of another writer must be added to the base first.</summary>
    public const string Succeeds = "succeeds";

    /// <summary>
    /// Keys: snapshot, counted. Arguments: the time to live in milliseconds; the writer whose values the new base includes
    /// (incarnation, writer and sequence, or empty); the base's layout id, layout and values; then fields and their values, with
    /// incarnation, writer, sequence and layout id first. Returns one of the words above; after "succeeds" also the incarnation
    /// of the other writer, and the milliseconds until it has been silent for three intervals.
    /// </summary>
    public const string Store = """
        local incarnation, writer, sequence, layout = ARGV[7], ARGV[9], ARGV[11], ARGV[13]
        local held = redis.call('HMGET', KEYS[2], 'incarnation', 'writer', 'sequence')
        local hasLayout = false
        for i = 14, #ARGV, 2 do hasLayout = hasLayout or ARGV[i] == 'layout' end
        if not hasLayout then
          for _, key in ipairs(KEYS) do
            if redis.call('HGET', key, 'layout_id') ~= layout then return {'layout'} end
          end
        end
        if held[1] == incarnation and held[2] == writer then
          if tonumber(held[3]) >= tonumber(sequence) then return {'stored'} end
        elseif held[1] then
          if ARGV[2] ~= held[1] .. ' ' .. held[2] .. ' ' .. held[3] then
            local left, life, interval = redis.call('PTTL', KEYS[1]), unpack(redis.call('HMGET', KEYS[1], 'time_to_live', 'interval'))
            if life then left = left - tonumber(life) + 3 * tonumber(interval) end
            return {'succeeds', held[1], left}
          end
          redis.call('HSET', KEYS[2], 'base_layout_id', ARGV[3], 'base_layout', ARGV[4], 'base_values', ARGV[5])
        end
        for _, key in ipairs(KEYS) do redis.call('HSET', key, unpack(ARGV, 6)) end
        redis.call('PEXPIRE', KEYS[1], ARGV[1])
        return {'stored'}
        """;
}

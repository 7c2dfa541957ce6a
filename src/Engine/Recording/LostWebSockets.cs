using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Recording;

/// <summary>The WebSockets that the last holder of a slot left open: it counted them as opened, and not as closed.</summary>
internal static class LostWebSockets
{
    private const int LongestKey = 4096;

    /// <summary>Counts the WebSockets as lost, once. This process holds the slot and has not written its files yet.</summary>
    internal static void Count(StoreFileWriter counters)
    {
        var family = MetricCatalogue.WebSocketsLost;
        foreach (var (endpoint, count) in Find(counters.Walk()))
        {
            var key = StoreKey.Of(family, family.Name, [endpoint], new byte[LongestKey]);
            if (!key.Overflowed) counters.GetOrAdd(key.Written, mayUseReserve: true).Add(count);
        }
    }

    /// <summary>The endpoints of a slot's counters that have such WebSockets, and how many.</summary>
    internal static List<KeyValuePair<Label, double>> Find(EntryWalk walk)
    {
        var open = new Dictionary<Label, double>();
        while (walk.MoveNext())
        {
            if (!walk.Key.StartsWith("[\"gunicorn_websocket_"u8) || ReadKey.TryParse(walk.Key) is not { } key) continue;
            var sign = key.Family == MetricCatalogue.WebSocketsOpened.StoreName ? 1
                : key.Family == MetricCatalogue.WebSocketsClosed.StoreName || key.Family == MetricCatalogue.WebSocketsLost.StoreName ? -1
                : 0;
            var endpoint = key.Labels.FirstOrDefault(label => label.Name == EndpointBounds.Label);
            open[endpoint] = open.GetValueOrDefault(endpoint) + (sign * walk.Value);
        }
        return [.. open.Where(endpoint => endpoint.Value > 0)];
    }
}

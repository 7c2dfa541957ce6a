using Microsoft.AspNetCore.Connections;

namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>Limits the connections of a server without refusing new ones. Safe for any number of threads.</summary>
/// <remarks>
/// At the limit, the server closes the connection that has been idle longest, since its last request or its creation.
/// A scrape sends its request at once, so clients that hold connections open only displace each other.
/// </remarks>
internal sealed class ConnectionBound(int most)
{
    private readonly Lock _gate = new();
    private readonly List<ConnectionContext> _oldestFirst = [];

    internal async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        connection.Items[this] = connection;
        ConnectionContext? oldest = null;
        lock (_gate)
        {
            if (_oldestFirst.Count == most)
            {
                oldest = _oldestFirst[0];
                _oldestFirst.RemoveAt(0);
            }
            _oldestFirst.Add(connection);
        }
        oldest?.Abort();
        try
        {
            await next(connection);
        }
        finally
        {
            lock (_gate) _oldestFirst.Remove(connection);
        }
    }

    internal void Renew(IDictionary<object, object?> items)
    {
        var connection = (ConnectionContext)items[this]!;
        lock (_gate)
        {
            // A connection that was chosen for closing stays closed.
            if (_oldestFirst.Remove(connection)) _oldestFirst.Add(connection);
        }
    }
}

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
    private readonly LinkedList<ConnectionContext> _oldestFirst = [];

    internal async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var place = new LinkedListNode<ConnectionContext>(connection);
        connection.Items[this] = place;
        ConnectionContext? oldest = null;
        lock (_gate)
        {
            if (_oldestFirst.Count == most)
            {
                oldest = _oldestFirst.First!.Value;
                _oldestFirst.RemoveFirst();
            }
            _oldestFirst.AddLast(place);
        }
        oldest?.Abort();
        try
        {
            await next(connection);
        }
        finally
        {
            lock (_gate)
            {
                if (place.List is not null) _oldestFirst.Remove(place);
            }
        }
    }

    /// <summary>Records a request on a connection.</summary>
    internal void Renew(IDictionary<object, object?> items)
    {
        var place = (LinkedListNode<ConnectionContext>)items[this]!;
        lock (_gate)
        {
            // A connection that was chosen for closing stays closed.
            if (place.List is null) return;
            _oldestFirst.Remove(place);
            _oldestFirst.AddLast(place);
        }
    }
}

namespace GunicornPrometheusExporter.Recording;

/// <summary>Limits the values of the label <c>endpoint</c>: the routes of frameworks and paths each have a limit of their own.</summary>
/// <remarks>
/// A value stays admitted, because the slot keeps its series. The limit on paths counts only the paths that are in use.
/// Values of earlier holders of the slot count as paths until a framework reports them as routes.
/// Finding a value allocates nothing. Not thread-safe.
/// </remarks>
/// <param name="maximumPaths">The maximum number of paths in this process.</param>
internal sealed class EndpointBounds(int maximumPaths)
{
    internal const string Label = "endpoint";

    /// <summary>The endpoint of requests that matched no route, and of paths that may not exist.</summary>
    internal const string Unmatched = "__unmatched__";

    /// <summary>The endpoint of requests that could not be parsed.</summary>
    internal const string Invalid = "__invalid__";

    /// <summary>The endpoint of requests that the operator excludes.</summary>
    internal const string Excluded = "__excluded__";

    /// <summary>The endpoint where it is not known which request blocked an event loop.</summary>
    internal const string Unknown = "__unknown__";

    /// <summary>The maximum number of routes that the application did not declare, for instance because of a prefix.</summary>
    internal const int MaximumRoutes = 1_000;

    // An application declares its routes in code, so no client can add any.
    private const int MaximumKnownRoutes = 10_000;

    private static readonly string[] Reserved = [LabelBounds.Other, Unmatched, Invalid, Excluded, Unknown];

    private readonly HashSet<string> _known = new(Reserved, StringComparer.Ordinal);
    private readonly HashSet<string> _routes = new(Reserved, StringComparer.Ordinal);

    // The paths that count towards the limit.
    private readonly HashSet<string> _paths = new(StringComparer.Ordinal);

    // The routes that count towards the limit: those that the application did not declare.
    private int _reported;

    internal bool TryFind(ReadOnlySpan<char> value, out string known) =>
        _known.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(value, out known!);

    /// <summary>Admits a path if the limit allows it; otherwise <paramref name="admitted"/> is <see cref="LabelBounds.Other"/>.</summary>
    internal bool TryAdmitPath(ReadOnlySpan<char> path, out string admitted)
    {
        if (TryFind(path, out admitted)) return true;
        admitted = LabelBounds.Other;
        if (_paths.Count >= maximumPaths) return false;
        admitted = Learn(path);
        return true;
    }

    /// <summary>Admits a route if the limit allows it; otherwise <paramref name="admitted"/> is <see cref="LabelBounds.Other"/>.</summary>
    internal bool TryAdmitRoute(ReadOnlySpan<char> route, out string admitted)
    {
        if (_routes.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(route, out admitted!)) return true;
        admitted = LabelBounds.Other;
        if (_reported >= MaximumRoutes)
        {
            if (!TryFind(route, out var known)) return false;
            admitted = known;
            return true;
        }
        _reported++;
        admitted = AddRoute(route);
        return true;
    }

    /// <summary>Admits a route that the application declares. It does not count towards the limits.</summary>
    internal void Declare(ReadOnlySpan<char> route)
    {
        if (_routes.Count < MaximumKnownRoutes) _ = AddRoute(route);
    }

    internal bool IsRoute(string value) => _routes.Contains(value);

    /// <summary>Admits a value of which the slot has series, regardless of the limits.</summary>
    internal string Learn(ReadOnlySpan<char> value)
    {
        if (TryFind(value, out var known)) return known;
        known = value.ToString();
        _known.Add(known);
        _paths.Add(known);
        return known;
    }

    private string AddRoute(ReadOnlySpan<char> route)
    {
        var admitted = Learn(route);
        _paths.Remove(admitted);
        _routes.Add(admitted);
        return admitted;
    }

    /// <summary>Counts only the paths among these values towards the limit.</summary>
    internal void CountOnly(IEnumerable<string> inUse)
    {
        _paths.Clear();
        _paths.UnionWith(inUse);
        _paths.ExceptWith(_routes);
    }
}

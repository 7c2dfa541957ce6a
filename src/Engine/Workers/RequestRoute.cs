using GunicornPrometheusExporter.Recording;
using GunicornPrometheusExporter.Routes;

namespace GunicornPrometheusExporter.Workers;

/// <summary>The route of a request as the operator names it in a setting, whatever label it gets.</summary>
internal static class RequestRoute
{
    /// <summary>The framework's route, else that of the first pattern that matches the path, else the normalised path.</summary>
    /// <param name="found">What the framework found: a route, <see cref="EndpointBounds.Unmatched"/>, or empty without a framework.</param>
    /// <param name="isRouted">Whether it is the framework's or a pattern's.</param>
    internal static string Of(string path, string found, RoutePatterns? patterns, out bool isRouted)
    {
        var route = found.Length == 0 ? patterns?.Find(path) : found == EndpointBounds.Unmatched ? null : found;
        isRouted = route is not null;
        return route ?? Normalized(path);
    }

    private static string Normalized(string path)
    {
        Span<char> endpoint = stackalloc char[EndpointNormalizer.MaximumLength];
        return endpoint[..EndpointNormalizer.Normalize(path, endpoint)].ToString();
    }
}

namespace GunicornPrometheusExporter.Deaths;

/// <summary>The oldest request in flight of a live worker.</summary>
/// <param name="WorkerId">As in the label <c>worker_id</c>.</param>
/// <param name="Method">The method.</param>
/// <param name="Route">The framework's route, else the normalised path.</param>
/// <param name="Seconds">The request's age.</param>
internal sealed record OldestRequest(string WorkerId, string Method, string Route, double Seconds);

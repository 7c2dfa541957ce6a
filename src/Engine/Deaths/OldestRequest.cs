namespace GunicornPrometheusExporter.Deaths;

/// <summary>What a live worker has had in hand for longest.</summary>
/// <param name="WorkerId">The worker, as <c>worker_id</c> names it.</param>
/// <param name="Method">The method.</param>
/// <param name="Route">The framework's route, else the normalised path.</param>
/// <param name="Seconds">The request's age.</param>
internal sealed record OldestRequest(string WorkerId, string Method, string Route, double Seconds);

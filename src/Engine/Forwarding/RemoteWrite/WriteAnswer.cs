namespace GunicornPrometheusExporter.Forwarding.RemoteWrite;

/// <summary>The final result of a request, which must not be repeated unchanged.</summary>
/// <param name="Outcome">The outcome.</param>
/// <param name="Reason">Why it was not written, in a sentence without any secret.</param>
internal readonly record struct WriteAnswer(WriteOutcome Outcome, string Reason = "");

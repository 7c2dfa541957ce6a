namespace GunicornPrometheusExporter.Forwarding.RemoteWrite;

/// <summary>What a receiver made of a request that must not be sent again as it is.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Reason">Why it was not written, in a sentence without any secret.</param>
internal readonly record struct WriteAnswer(WriteOutcome Outcome, string Reason = "");

namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>One pass over the store, with a response for each distinct request. Guarded by the gate of its owner.</summary>
internal sealed class ScrapePass
{
    private const int MostSelections = 16;

    private readonly List<ScrapeAnswer> _answers = [];

    internal Task Completion { get; set; } = Task.CompletedTask;

    internal IReadOnlyList<ScrapeAnswer> Answers => _answers;

    internal ScrapeAnswer? Find(ScrapeRequest request) => _answers.Find(answer => answer.Request == request);

    /// <summary>Whether another response may be added. Limits selections only, because clients can invent any number of them.</summary>
    internal bool HasRoomFor(ScrapeRequest request) =>
        request.IsWhole || _answers.Count(answer => !answer.Request.IsWhole && answer.IsWanted) < MostSelections;

    internal void Add(ScrapeAnswer answer) => _answers.Add(answer);
}

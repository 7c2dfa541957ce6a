namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>One pass over the store, with an answer for each thing that was asked for. Used under the gate of its owner.</summary>
internal sealed class ScrapePass
{
    private const int MostSelections = 16;

    private readonly List<ScrapeAnswer> _answers = [];

    /// <summary>Done when every answer is whole.</summary>
    internal required Task Completion { get; set; }

    /// <summary>The answers, each to another request.</summary>
    internal IReadOnlyList<ScrapeAnswer> Answers => _answers;

    /// <summary>The answer to a request; null if nobody has asked for that yet.</summary>
    internal ScrapeAnswer? Find(ScrapeRequest request) => _answers.Find(answer => answer.Request == request);

    /// <summary>Whether another answer may be added: those with all families are few, selections are as many as clients invent.</summary>
    internal bool HasRoomFor(ScrapeRequest request) =>
        request.IsWhole || _answers.Count(answer => !answer.Request.IsWhole && answer.IsWanted) < MostSelections;

    internal void Add(ScrapeAnswer answer) => _answers.Add(answer);
}

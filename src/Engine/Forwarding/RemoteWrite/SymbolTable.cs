namespace GunicornPrometheusExporter.Forwarding.RemoteWrite;

/// <summary>The texts of a request in version 2.0, each once, the empty one first.</summary>
internal sealed class SymbolTable
{
    private readonly Dictionary<string, uint> _references = new(StringComparer.Ordinal) { [""] = 0 };
    private readonly List<string> _symbols = [""];

    /// <summary>The texts by their numbers.</summary>
    internal IReadOnlyList<string> Symbols => _symbols;

    /// <summary>The number of a text.</summary>
    internal uint ReferTo(string text)
    {
        if (_references.TryAdd(text, (uint)_symbols.Count)) _symbols.Add(text);
        return _references[text];
    }
}

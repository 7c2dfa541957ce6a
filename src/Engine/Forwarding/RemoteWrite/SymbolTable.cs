namespace GunicornPrometheusExporter.Forwarding.RemoteWrite;

/// <summary>The distinct texts of a request in version 2.0; the first is empty.</summary>
internal sealed class SymbolTable
{
    private readonly Dictionary<string, uint> _references = new(StringComparer.Ordinal) { [""] = 0 };
    private readonly List<string> _symbols = [""];

    internal IReadOnlyList<string> Symbols => _symbols;

    internal uint ReferTo(string text)
    {
        if (_references.TryAdd(text, (uint)_symbols.Count)) _symbols.Add(text);
        return _references[text];
    }
}

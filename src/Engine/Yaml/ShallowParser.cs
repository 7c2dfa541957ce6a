using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace GunicornPrometheusExporter.Yaml;

/// <summary>A parser that rejects values nested more deeply than any setting is.</summary>
/// <remarks>The cost of a parser grows with the square of the depth.</remarks>
internal sealed class ShallowParser : IParser
{
    private const int Deepest = 16;

    private readonly Scanner _scanner;
    private readonly Parser _parser;
    private int _depth;

    public ShallowParser(TextReader text) => _parser = new(_scanner = new(text));

    public ParsingEvent? Current => _parser.Current;

    /// <summary>How far the text has been read.</summary>
    public Mark Position => _scanner.CurrentPosition;

    /// <exception cref="YamlException">The text is not YAML, or nested too deeply.</exception>
    public bool MoveNext()
    {
        if (!_parser.MoveNext()) return false;
        _depth += Current!.NestingIncrease;
        return _depth <= Deepest
            ? true
            : throw new YamlException(Current.Start, Current.End, $"values are nested more than {Deepest} levels deep");
    }
}

using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace GunicornPrometheusExporter.Yaml;

/// <summary>Reads mappings of a YAML document key by key, and collects every error with its position.</summary>
/// <remarks>Works on events without recursion, so deep nesting cannot crash the process.</remarks>
internal sealed class YamlEntries(string text, string path)
{
    private const char ByteOrderMark = '\uFEFF';

    private readonly ShallowParser _parser = new(new StringReader(text.TrimStart(ByteOrderMark)));
    private readonly List<string> _errors = [];

    /// <summary>One sentence per error, in the order of detection.</summary>
    public IReadOnlyList<string> Errors => _errors;

    public bool IsMapping => _parser.Accept<MappingStart>(out _);

    public bool IsList => _parser.Accept<SequenceStart>(out _);

    public void Reject(Mark place, string sentence) => _errors.Add($"{path}:{place.Line}:{place.Column}: {sentence}");

    /// <summary>Reads the text's only document, a mapping, with one reader of the value per key. Adds an error if it is not YAML.</summary>
    /// <returns>Whether the document has any content.</returns>
    public bool ReadDocument(IReadOnlyDictionary<string, Action<Scalar>> readers)
    {
        try
        {
            _parser.Consume<StreamStart>();
            if (!_parser.TryConsume<DocumentStart>(out _) || TryReadNothing()) return false;
            Read("the file", readers);
            _parser.Consume<DocumentEnd>();
            if (_parser.Current is DocumentStart second) Reject(second.Start, "a second document begins here; remove it");
        }
        catch (YamlException e)
        {
            // For a tab, the exception has the place of the mapping.
            var place = e.Message.Contains(" tab ", StringComparison.Ordinal) ? _parser.Position : e.Start;
            Reject(place, $"invalid YAML: {e.Message.ReplaceLineEndings(" ")}");
        }
        catch (Exception e) when (e is InvalidOperationException or EndOfStreamException)
        {
            // The parser throws this for some malformed texts.
            Reject(_parser.Current?.End ?? Mark.Empty, "invalid YAML");
        }
        return true;
    }

    /// <summary>Reads a mapping with known keys, and a reader of the value per key. A missing value counts as an empty mapping.</summary>
    public void Read(string name, IReadOnlyDictionary<string, Action<Scalar>> readers)
    {
        foreach (var key in Keys(name))
        {
            if (readers.TryGetValue(key.Value, out var read)) read(key);
            else
            {
                var remedy = NearestName.Of(key.Value, readers.Keys) is { } meant
                    ? $"did you mean {meant}?"
                    : $"known names are {string.Join(", ", readers.Keys)}";
                Reject(key.Start, $"{name} has no setting \"{key.Value}\"; {remedy}");
                Skip();
            }
        }
    }

    /// <summary>The keys of a mapping, without duplicates. The caller must read each key's value before the next key.</summary>
    public IEnumerable<Scalar> Keys(string name)
    {
        if (TryReadNothing()) yield break;
        if (!_parser.TryConsume<MappingStart>(out _))
        {
            SkipRejected($"{name} must be a mapping, with \"name: value\" on separate lines");
            yield break;
        }
        var seen = new HashSet<string>();
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            if (!_parser.TryConsume<Scalar>(out var key))
            {
                SkipRejected($"{name} has a key that is not a name");
                Skip();
            }
            else if (!seen.Add(key.Value))
            {
                Reject(key.Start, $"{key.Value} appears twice; remove one");
                Skip();
            }
            else yield return key;
        }
    }

    /// <summary>Reads a string; null if it is missing; null and an error if it is of another type.</summary>
    public string? ReadText(Scalar key)
    {
        if (TryReadNothing()) return null;
        if (_parser.TryConsume<Scalar>(out var text)) return text.Value;
        SkipRejected($"{key.Value} must be a string");
        return null;
    }

    /// <summary>Reads <c>true</c> or <c>false</c>; null if it is missing; null and an error if it is anything else.</summary>
    public bool? ReadBoolean(Scalar key)
    {
        if (TryReadNothing()) return null;
        if (_parser.Current is Scalar { Value: "true" or "false" }) return _parser.Consume<Scalar>().Value == "true";
        SkipRejected($"{key.Value} must be true or false");
        return null;
    }

    /// <summary>Reads a list of strings; null if it is missing; null and an error if it is of another type.</summary>
    public IReadOnlyList<string>? ReadTexts(Scalar key)
    {
        if (TryReadNothing()) return null;
        if (!_parser.TryConsume<SequenceStart>(out _))
        {
            SkipRejected($"{key.Value} must be a list, with \"- value\" on separate lines");
            return null;
        }
        var texts = new List<string>();
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            if (ReadText(key) is { } text) texts.Add(text);
        }
        return texts;
    }

    private void SkipRejected(string sentence)
    {
        Reject(_parser.Current!.Start, sentence);
        Skip();
    }

    public void Skip() => _parser.SkipThisAndNestedEvents();

    private bool TryReadNothing() =>
        _parser.Current is Scalar { Style: ScalarStyle.Plain, Value: "" or "~" or "null" } && _parser.MoveNext();
}

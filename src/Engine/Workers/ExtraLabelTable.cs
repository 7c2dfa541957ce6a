using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;

namespace GunicornPrometheusExporter.Workers;

/// <summary>Finds the values of the extra labels of each request.</summary>
/// <remarks>
/// Each combination of values has an entry in the slot's counters. The entry's offset identifies the combination, so the exporter
/// finds the values of a request whose worker died. The limits on the values of a label and on series bound the number of
/// combinations. A combination that is known or beyond a limit allocates nothing. Not thread-safe.
/// </remarks>
internal sealed class ExtraLabelTable
{
    /// <summary>Stands for a request without any of the values.</summary>
    internal const int None = 0;

    private static readonly SearchValues<char> HostCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-._:[]");

    private readonly MetricWriter _writer;
    private readonly ImmutableArray<ExtraLabel> _labels;
    private readonly Dictionary<(string, string, string), int> _combinations = new() { [("", "", "")] = None };
    private readonly Dictionary<int, ImmutableArray<Label>> _values = new() { [None] = [] };

    // The values of the request that is being described.
    private readonly string[] _current = new string[ExtraLabel.MostLabels];

    internal ExtraLabelTable(MetricWriter writer, ImmutableArray<ExtraLabel> labels)
    {
        (_writer, _labels) = (writer, labels);
        Names = [.. labels.Select(label => label.Name)];
        var family = MetricCatalogue.ExtraLabels with { Labels = Names };
        foreach (var values in writer.RecordedOf(family, optional: Names.Length)) _ = Add(values);
        Other = Add([.. Names.Select(_ => LabelBounds.Other)]);
        // It exists before the first overflow, so that a rate sees it.
        foreach (var label in labels.Where(label => label.Values.IsEmpty)) _ = writer.OverflowOf(label.Name);
    }

    internal ImmutableArray<string> Names { get; }

    /// <summary>The combination that stands for those beyond the limit on series.</summary>
    internal int Other { get; }

    /// <summary>The labels of a combination; those without a value are absent.</summary>
    internal ImmutableArray<Label> this[int combination] => _values.GetValueOrDefault(combination, []);

    /// <summary>Begins to describe a request.</summary>
    internal void Begin(ReadOnlySpan<byte> scheme)
    {
        _current.AsSpan().Fill("");
        for (var i = 0; i < _labels.Length; i++)
        {
            if (_labels[i].Header is null) Set(i, scheme);
        }
    }

    /// <summary>The label whose value a header has; -1 if there is none.</summary>
    internal int LabelOf(ReadOnlySpan<byte> header)
    {
        for (var i = 0; i < _labels.Length; i++)
        {
            if (_labels[i].Header is { } name && name.Length == header.Length && Ascii.EqualsIgnoreCase(header, name)) return i;
        }
        return -1;
    }

    internal void Set(int label, ReadOnlySpan<byte> value) => _current[label] = ValueOf(_labels[label], value);

    /// <summary>The combination of the request's values.</summary>
    internal int Find() => Find(_current);

    /// <param name="values">One for each label; empty if the request has none.</param>
    internal int Find(ReadOnlySpan<string> values)
    {
        if (_combinations.TryGetValue(KeyOf(values), out var known)) return known;
        return _writer.HasRoom(1, "") ? Add(values) : Other;
    }

    private static (string, string, string) KeyOf(ReadOnlySpan<string> values) =>
        (values[0], values.Length > 1 ? values[1] : "", values.Length > 2 ? values[2] : "");

    private int Add(ReadOnlySpan<string> values)
    {
        var labels = ImmutableArray.CreateBuilder<Label>();
        for (var i = 0; i < _labels.Length; i++)
        {
            if (values[i].Length > 0) labels.Add(new(Names[i], values[i]));
        }
        var family = MetricCatalogue.ExtraLabels with { Labels = [.. labels.Select(label => label.Name)] };
        var combination = _writer.OffsetOf(_writer.Locate(family, [.. labels.Select(label => label.Value)], out var isMerged));
        // The disk is full: a later request tries again.
        if (isMerged || combination == 0) return Other;
        _values[combination] = labels.ToImmutable();
        return _combinations[KeyOf(values)] = combination;
    }

    private string ValueOf(ExtraLabel label, ReadOnlySpan<byte> value)
    {
        Span<char> text = stackalloc char[ExtraLabel.LongestValue];
        if (value.Length > text.Length) return LabelBounds.Other;
        text = text[..Encoding.Latin1.GetChars(value, text)];
        if (label.Name == ExtraLabel.Host) text = NormalizeHost(text);
        if (text.IsEmpty) return "";
        return IsRecorded(label, text) ? _writer.Admit(label.Name, text) : LabelBounds.Other;
    }

    private static bool IsRecorded(ExtraLabel label, ReadOnlySpan<char> value)
    {
        if (label.Values.IsEmpty) return !value.ContainsAnyExcept(HostCharacters);
        foreach (var allowed in label.Values)
        {
            if (value.SequenceEqual(allowed)) return true;
        }
        return false;
    }

    /// <summary>A host in lower case, without its port and the dot of the root.</summary>
    private static Span<char> NormalizeHost(Span<char> host)
    {
        var colon = host.LastIndexOf(':');
        if (colon > host.LastIndexOf(']')) host = host[..colon];
        foreach (ref var character in host) character = char.ToLowerInvariant(character);
        return host.TrimEnd('.');
    }
}

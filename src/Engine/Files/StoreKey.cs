using System.Globalization;
using System.Text;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Files;

/// <summary>Writes an entry's key, byte for byte as Python's <c>json.dumps(…, sort_keys=True)</c> does.</summary>
/// <remarks>It writes to a caller's buffer and sets <see cref="Overflowed"/> instead of throwing if that is too short.</remarks>
internal ref struct StoreKey(Span<byte> buffer)
{
    private readonly Span<byte> _buffer = buffer;
    private int _length;

    /// <summary>The buffer was too short; the key is unusable.</summary>
    public bool Overflowed { get; private set; }

    public readonly ReadOnlySpan<byte> Written => _buffer[.._length];

    /// <summary>The key of a sample of a family, in a buffer.</summary>
    public static StoreKey Of(MetricFamily family, string sample, scoped ReadOnlySpan<Label> labels, Span<byte> buffer)
    {
        var key = new StoreKey(buffer);
        key.Write(family.StoreName, sample, labels, family.Help);
        return key;
    }

    /// <summary>Writes the key of a sample: the family without a counter's <c>_total</c>, the labels in any order.</summary>
    public void Write(
        scoped ReadOnlySpan<char> family, scoped ReadOnlySpan<char> sample, scoped ReadOnlySpan<Label> labels,
        scoped ReadOnlySpan<char> help)
    {
        Append("["u8);
        AppendString(family);
        Append(", "u8);
        AppendString(sample);
        Append(", {"u8);
        AppendSorted(labels);
        Append("}, "u8);
        AppendString(help);
        Append("]"u8);
    }

    private void AppendSorted(scoped ReadOnlySpan<Label> labels)
    {
        var previous = default(string);
        for (var written = 0; written < labels.Length; written++)
        {
            var next = default(Label);
            foreach (var label in labels)
            {
                var isAfter = previous is null || string.CompareOrdinal(label.Name, previous) > 0;
                if (isAfter && (next.Name is null || string.CompareOrdinal(label.Name, next.Name) < 0)) next = label;
            }
            if (written > 0) Append(", "u8);
            AppendString(next.Name);
            Append(": "u8);
            AppendString(next.Value);
            previous = next.Name;
        }
    }

    private void AppendString(scoped ReadOnlySpan<char> text)
    {
        Append("\""u8);
        foreach (var c in text)
        {
            switch (c)
            {
                case '"': Append("\\\""u8); break;
                case '\\': Append("\\\\"u8); break;
                case '\n': Append("\\n"u8); break;
                case '\r': Append("\\r"u8); break;
                case '\t': Append("\\t"u8); break;
                case '\b': Append("\\b"u8); break;
                case '\f': Append("\\f"u8); break;
                case >= ' ' and <= '~': Append([(byte)c]); break;
                default: AppendEscaped(c); break;
            }
        }
        Append("\""u8);
    }

    private void AppendEscaped(char c)
    {
        Span<byte> escaped = stackalloc byte[6];
        _ = ((int)c).TryFormat(escaped[2..], out _, "x4", CultureInfo.InvariantCulture);
        "\\u"u8.CopyTo(escaped);
        Append(escaped);
    }

    private void Append(scoped ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _buffer.Length - _length)
        {
            Overflowed = true;
            return;
        }
        bytes.CopyTo(_buffer[_length..]);
        _length += bytes.Length;
    }

    public override readonly string ToString() => Encoding.UTF8.GetString(Written);
}

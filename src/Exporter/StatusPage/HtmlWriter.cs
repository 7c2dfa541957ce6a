using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;

namespace GunicornPrometheusExporter.Exporter.StatusPage;

/// <summary>Writes HTML from interpolated strings: literal parts are markup, interpolated values are escaped. Not thread-safe.</summary>
internal sealed class HtmlWriter
{
    private readonly StringBuilder _text = new();

    public override string ToString() => _text.ToString();

#pragma warning disable CA1822, IDE0060 // The handler writes.
    internal void Write([InterpolatedStringHandlerArgument("")] Markup markup)
#pragma warning restore CA1822, IDE0060
    {
    }

    [InterpolatedStringHandler]
    internal readonly struct Markup
    {
        private readonly StringBuilder _text;

        public Markup(int literalLength, int formattedCount, HtmlWriter writer)
        {
            _text = writer._text;
            _text.EnsureCapacity(_text.Length + literalLength + formattedCount);
        }

        public void AppendLiteral(string markup) => _text.Append(markup);

        public void AppendFormatted(string? value) => _text.Append(HtmlEncoder.Default.Encode(value ?? ""));

        public void AppendFormatted(double value) => AppendFormatted(value.ToString(CultureInfo.InvariantCulture));
    }
}

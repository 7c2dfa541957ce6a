using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace GunicornPrometheusExporter.Exporter.Logging;

/// <summary>One log line, in the formats of Prometheus' own executables. No value can end a line or forge a field.</summary>
internal static class LogLine
{
    // In keys and values a log line needs no escapes for HTML.
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static string Logfmt(IEnumerable<KeyValuePair<string, object?>> fields)
    {
        var line = new StringBuilder();
        foreach (var (name, value) in fields)
        {
            if (line.Length > 0) line.Append(' ');
            line.Append(name).Append('=');
            AppendValue(line, TextOf(value));
        }
        return line.ToString();
    }

    internal static string Json(IEnumerable<KeyValuePair<string, object?>> fields)
    {
        var line = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(line, Relaxed))
        {
            writer.WriteStartObject();
            foreach (var (name, value) in fields)
            {
                if (value is int number) writer.WriteNumber(name, number);
                else if (value is double real && double.IsFinite(real)) writer.WriteNumber(name, real);
                else writer.WriteString(name, TextOf(value));
            }
            writer.WriteEndObject();
        }
        return Encoding.UTF8.GetString(line.WrittenSpan);
    }

    private static string TextOf(object? value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";

    private static void AppendValue(StringBuilder line, string text)
    {
        if (text.Length > 0 && text.All(c => c is > ' ' and not ('"' or '=' or '\\') && IsPrinted(c)))
        {
            line.Append(text);
            return;
        }
        line.Append('"');
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value is '"' or '\\') line.Append('\\').Append((char)rune.Value);
            else if (rune.Value == '\n') line.Append("\\n");
            else if (rune.Value == '\t') line.Append("\\t");
            else if (rune.Value == '\r') line.Append("\\r");
            else if (rune.Value == ' ' || !IsHidden(Rune.GetUnicodeCategory(rune))) line.Append(rune);
            else line.Append(rune.IsBmp ? $"\\u{rune.Value:x4}" : $"\\U{rune.Value:x8}");
        }
        line.Append('"');
    }

    // Surrogates take the slow path, which checks whether they form a pair.
    private static bool IsPrinted(char c) => !IsHidden(char.GetUnicodeCategory(c));

    private static bool IsHidden(UnicodeCategory category) => category is >= UnicodeCategory.SpaceSeparator and
        <= UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned;
}

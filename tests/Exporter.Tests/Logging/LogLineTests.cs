using System.Text.Json;
using GunicornPrometheusExporter.Exporter.Logging;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.Logging;

public sealed class LogLineTests
{
    [Theory]
    [InlineData("plain/{id}", "plain/{id}")]
    [InlineData("größe-日本", "größe-日本")]
    [InlineData("", "\"\"")]
    [InlineData("two words", "\"two words\"")]
    [InlineData("a=b", "\"a=b\"")]
    [InlineData("say \"hi\"", "\"say \\\"hi\\\"\"")]
    [InlineData("C:\\", "\"C:\\\\\"")]
    [InlineData("a\nlevel=error msg=forged", "\"a\\nlevel=error msg=forged\"")]
    [InlineData("a\r\tb", "\"a\\r\\tb\"")]
    [InlineData("\u001b[31mred\u0000\u007f\u0085", "\"\\u001b[31mred\\u0000\\u007f\\u0085\"")]
    [InlineData("\u2028\u2029\u202e\u200b\u00a0\ufeff\ue000", "\"\\u2028\\u2029\\u202e\\u200b\\u00a0\\ufeff\\ue000\"")]
    [InlineData("\U0001f600 \U000e0001", "\"\U0001f600 \\U000e0001\"")]
    public void A_value_that_could_end_or_forge_a_line_is_quoted(string value, string written) =>
        Assert.Equal($"level=info msg={written} status=0", LogLine.Logfmt(Fields(value)));

    [Theory]
    [InlineData("a\nlevel=error")]
    [InlineData("\",\"level\":\"error")]
    [InlineData("\u001b\u0000\u007f\u0085\u2028\u2029")]
    public void No_value_forges_a_field_or_a_line_of_JSON(string value)
    {
        var line = LogLine.Json(Fields(value));

        Assert.DoesNotContain(line, c => char.IsControl(c) || c is '\u2028' or '\u2029');
        var read = JsonDocument.Parse(line).RootElement;
        Assert.Equal(["level", "msg", "status"], read.EnumerateObject().Select(field => field.Name));
        Assert.Equal(value, read.GetProperty("msg").GetString());
    }

    [Fact]
    public void Half_a_surrogate_pair_is_replaced() =>
        Assert.Equal("level=info msg=\"half \ufffd\" status=0", LogLine.Logfmt(Fields("half " + (char)0xD83D)));

    [Fact]
    public void Numbers_are_those_of_JSON_and_what_JSON_has_not_is_text()
    {
        KeyValuePair<string, object?>[] fields = [new("a", 7), new("b", 0.25), new("c", double.NaN), new("d", null)];

        Assert.Equal("""{"a":7,"b":0.25,"c":"NaN","d":""}""", LogLine.Json(fields));
        Assert.Equal("a=7 b=0.25 c=NaN d=\"\"", LogLine.Logfmt(fields));
    }

    private static KeyValuePair<string, object?>[] Fields(string value) => [new("level", "info"), new("msg", value), new("status", 0)];
}

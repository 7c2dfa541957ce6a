using System.Text;
using GunicornPrometheusExporter.Workers;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Workers;

public sealed class HeaderValuesTests
{
    [Theory]
    [InlineData("1640995200", 1640995200)]
    [InlineData("1640995200.125", 1640995200.125)]
    [InlineData("t=1640995200.125", 1640995200.125)]
    [InlineData("1640995200125", 1640995200.125)]
    [InlineData("t=1640995200125", 1640995200.125)]
    [InlineData("t=1640995200125.5", 1640995200.1255)]
    [InlineData("1640995200125000", 1640995200.125)]
    [InlineData("t=1640995200125000", 1640995200.125)]
    [InlineData("1640995200125000000", 1640995200.125)]
    [InlineData("t=1640995200125000000", 1640995200.125)]
    [InlineData("1640995200125000000.5", 1640995200.125)]
    public void A_time_is_read_in_each_unit_that_proxies_write(string header, double seconds)
    {
        Assert.True(HeaderValues.TryParseTime(Encoding.ASCII.GetBytes(header), out var parsed));
        Assert.Equal(seconds, parsed, 6);
    }

    [Theory]
    [InlineData("")]
    [InlineData("t=")]
    [InlineData("noon")]
    [InlineData("-5")]
    [InlineData("0")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("1640995200;x")]
    public void What_is_no_time_is_refused(string header) =>
        Assert.False(HeaderValues.TryParseTime(Encoding.ASCII.GetBytes(header), out _));

    [Theory]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "4bf92f3577b34da6a3ce929d0e0e4736")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736", "")]
    [InlineData("garbage", "")]
    [InlineData("", "")]
    public void The_trace_id_is_taken_from_a_traceparent(string header, string id) =>
        Assert.Equal(id, Encoding.ASCII.GetString(HeaderValues.TraceId(Encoding.ASCII.GetBytes(header))));

    [Theory]
    [InlineData("0", 0)]
    [InlineData("1099511627776", 1099511627776)]
    [InlineData("1099511627777", -1)]
    [InlineData("-1", -1)]
    [InlineData("12a", -1)]
    [InlineData("99999999999999999999", -1)]
    public void A_length_is_a_whole_number_of_at_most_a_tebibyte(string header, long length) =>
        Assert.Equal(length, HeaderValues.TryParseLength(Encoding.ASCII.GetBytes(header), out var parsed) ? parsed : -1);

    [Theory]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "00f067aa0ba902b7")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0b", "00f067aa0ba902b7")]
    [InlineData("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-later", "00f067aa0ba902b7")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", "")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0a", "")]
    [InlineData("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", "")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902\"7-01", "")]
    [InlineData("00-00000000000000000000000000000000-00f067aa0ba902b7-01", "")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", "")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7", "")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7x01", "")]
    [InlineData("", "")]
    public void A_span_id_is_read_where_its_trace_is_kept(string header, string span)
    {
        var value = Encoding.ASCII.GetBytes(header);
        Assert.Equal(span, Encoding.ASCII.GetString(HeaderValues.SampledSpanId(value, HeaderValues.TraceId(value))));
    }

    [Fact]
    public void Every_hexadecimal_digit_and_no_other_is_one_of_an_identifier()
    {
        for (var c = 0; c < 256; c++)
        {
            foreach (var place in (int[])[3, 34, 36, 51])
            {
                var value = Encoding.ASCII.GetBytes("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
                value[place] = (byte)c;
                var isDigit = char.IsAsciiHexDigitLower((char)c);
                Assert.Equal(isDigit ? 16 : 0, HeaderValues.SampledSpanId(value, HeaderValues.TraceId(value)).Length);
            }
            var flags = Encoding.ASCII.GetBytes("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
            flags[54] = (byte)c;
            if (char.IsAsciiHexDigitLower((char)c))
            {
                var isSampled = Convert.ToInt32(((char)c).ToString(), 16) % 2 == 1;
                Assert.Equal(isSampled, !HeaderValues.SampledSpanId(flags, HeaderValues.TraceId(flags)).IsEmpty);
            }
        }
    }
}

using GunicornPrometheusExporter.Exporter.Readings;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.Readings;

public sealed class ShowTests
{
    [Theory]
    [InlineData("/überall/{id}", "/überall/{id}")]
    [InlineData("/a\e[2Jb", "/a?[2Jb")]
    [InlineData("/a\u009b31mb", "/a?31mb")]
    [InlineData("/a\r\nb\tc\0\u007f", "/a??b?c??")]
    [InlineData("/a\u202eb\u2028\u200d", "/a?b??")]
    public void What_would_command_a_terminal_is_not_printed(string text, string printed) => Assert.Equal(printed, Show.Printable(text));

    [Theory]
    [InlineData(59.9, "59 s")]
    [InlineData(61, "1 min 1 s")]
    [InlineData(7260, "2 h 1 min")]
    [InlineData(90_000, "1 d 1 h")]
    public void A_long_time_has_its_two_largest_units(double seconds, string text) => Assert.Equal(text, Show.Duration(seconds));
}

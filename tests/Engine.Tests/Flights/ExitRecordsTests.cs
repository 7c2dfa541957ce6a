using System.Globalization;
using GunicornPrometheusExporter.Deaths;
using GunicornPrometheusExporter.Diagnostics;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Flights;

public sealed class ExitRecordsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly DateTime _written = DateTime.UtcNow;
    private readonly double _monotonic = MonotonicClock.Seconds();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_process_has_ended_if_its_master_noted_that_after_its_file_was_written()
    {
        Write(after: 1, step: 0);
        Assert.True(new ExitRecords(_directory.Path).HasEnded(17, _written));
        Write(after: -1, step: 0);
        Assert.False(new ExitRecords(_directory.Path).HasEnded(17, _written));
    }

    [Theory]
    [InlineData(3600)]
    [InlineData(-3600)]
    public void Nothing_is_certain_once_the_clock_was_set_since(double step)
    {
        // A process ended; the clock was set; another one got the pid and writes its file.
        Write(after: 1, step);
        Assert.False(new ExitRecords(_directory.Path).HasEnded(17, _written));
    }

    [Theory]
    [InlineData("1e300", "1")]
    [InlineData("-1e300", "1")]
    [InlineData("1e300", "-1e300")]
    public void Impossible_times_prove_nothing(string time, string monotonic)
    {
        File.WriteAllText(
            _directory["master-1.exits"], $$"""{"pid":17,"reason":"signal","monotonic":{{monotonic}},"time":{{time}}}""" + "\n");
        Assert.False(new ExitRecords(_directory.Path).HasEnded(17, _written));
    }

    /// <summary>Notes an end.</summary>
    /// <param name="after">Seconds of the wall clock from when the file was written.</param>
    /// <param name="step">Seconds by which the wall clock was set back since then.</param>
    private void Write(double after, double step)
    {
        var time = (_written - DateTime.UnixEpoch).TotalSeconds + after;
        var monotonic = _monotonic + after - step;
        File.WriteAllText(
            _directory["master-1.exits"],
            string.Create(CultureInfo.InvariantCulture, $$"""{"pid":17,"reason":"signal","monotonic":{{monotonic}},"time":{{time}}}""") + "\n");
    }
}

using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Engine.Tests;
using GunicornPrometheusExporter.Exporter.Profiles;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.Profiles;

public sealed class ProfilerTests
{
    [Theory]
    [InlineData(50)]
    [InlineData(1e-9)]
    [InlineData(1e-300)]
    [InlineData(double.Epsilon)]
    public void A_profile_ends_however_low_its_rate_is(double rate)
    {
        using var store = new TemporaryDirectory();

        var (profile, count) = new Profiler(store.Path, new ExporterConfig()).Run(
            new ProfileRequest(0.1, rate, null, null), TestContext.Current.CancellationToken);

        Assert.Equal(0, count.Taken);
        Assert.InRange(profile.Duration, 0.1, 3600);
    }
}

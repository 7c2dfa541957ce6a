using GunicornPrometheusExporter.Forwarding;
using GunicornPrometheusExporter.Forwarding.RemoteWrite;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding.RemoteWrite;

/// <summary>A day of a host with 2,000 series, with an hour in which the receiver cannot write, within the default bound.</summary>
public sealed class RemoteWriteOutageTests
{
    private const int Series = 2_000;

    [Fact]
    public async Task Every_sample_of_a_day_with_an_outage_of_an_hour_arrives_once_and_in_order()
    {
        using var directory = new TemporaryDirectory();
        var clock = new ManualClock();
        var start = clock.GetUtcNow();
        await using var receiver = await ScriptedReceiver.StartAsync();
        var settings = new RemoteWriteSettings
        {
            Url = receiver.Url,
            BufferDirectory = directory["buffer"],
            Interval = TimeSpan.FromSeconds(30),
        };
        await using var forwarder = new RemoteWriteForwarder(settings, clock);
        var layout = Snapshots.LayoutOf([.. Enumerable.Range(0, Series).Select(index => $"series_{index}")]);
        var snapshots = (int)(TimeSpan.FromDays(1) / forwarder.Interval);
        var (outage, recovery) = (snapshots / 2, (snapshots / 2) + (int)(TimeSpan.FromHours(1) / forwarder.Interval));
        var (arrived, sent) = (0, 0);

        for (var index = 0; index < snapshots; index++)
        {
            clock.Move(forwarder.Interval);
            var values = new double[Series];
            Array.Fill(values, index);
            if (index >= outage && index < recovery)
            {
                receiver.Next(503);
                var fault = await Assert.ThrowsAsync<ForwardingException>(
                    () => forwarder.ForwardAsync(layout.At(clock, values), TestContext.Current.CancellationToken));
                Assert.Equal((0, index - outage + 1), (fault.Forwarded.Dropped, fault.Forwarded.Waiting));
                continue;
            }
            sent += (await forwarder.ForwardAsync(layout.At(clock, values), TestContext.Current.CancellationToken)).Snapshots;
            foreach (var request in receiver.Accepted)
            {
                var time = (start + ((arrived + 1) * forwarder.Interval)).ToUnixTimeMilliseconds();
                var samples = request.AsV2().Timeseries;
                Assert.Equal(Series, samples.Count);
                foreach (var one in samples)
                {
                    if (one.Samples.Count != 1 || one.Samples[0].Value != arrived || one.Samples[0].Timestamp != time) Assert.Fail($"{arrived}: {one}");
                }
                arrived++;
            }
            receiver.Forget();
        }

        Assert.Equal((snapshots, snapshots), (arrived, sent));
    }
}

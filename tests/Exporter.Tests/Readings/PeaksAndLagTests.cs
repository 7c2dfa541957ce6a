using GunicornPrometheusExporter.Exporter.Readings;
using GunicornPrometheusExporter.Exporter.StatusPage;
using GunicornPrometheusExporter.Exporter.Top;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.Readings;

public sealed class PeaksAndLagTests
{
    private static readonly (MetricFamily Family, string[] Labels, double Value)[] Server =
    [
        (MetricCatalogue.WorkerState, ["worker_1", "running", "0"], 1),
        (MetricCatalogue.WorkerState, ["worker_2", "running", "0"], 1),
        (MetricCatalogue.WorkerRequestsInFlight, ["worker_1"], 3),
        (MetricCatalogue.WorkerLoopLagMaximum, ["worker_1"], .75),
        (MetricCatalogue.RequestsInFlightPeak, [], 17),
        (MetricCatalogue.ListenerBacklog, ["a:1"], 2),
        (MetricCatalogue.ListenerBacklogLimit, ["a:1"], 64),
        (MetricCatalogue.ListenerBacklogPeak, ["a:1"], 41),
    ];

    [Fact]
    public void The_page_and_top_show_the_peaks_and_the_lag_of_a_loop()
    {
        var status = StatusOf("");

        var page = StatusDocument.Write(new(status));
        Assert.Contains("<td>2</td>\n<td>41</td><td>64</td>", page, StringComparison.Ordinal);
        Assert.Contains("<dt>Peak in flight</dt><dd class=\"\">17</dd>", page, StringComparison.Ordinal);
        Assert.Contains("<td>750 ms</td>", page, StringComparison.Ordinal);
        var header = string.Join('\n', TopView.HeaderOf(status, Target.Parse("a:9091")!, null, 80));
        Assert.Contains("peak in flight 17", header, StringComparison.Ordinal);
        Assert.Matches("In flight +3\\b", header);
        Assert.Contains("Backlog a:1 2 of 64, peak 41", header, StringComparison.Ordinal);
        var lag = WorkerColumns.All.Single(column => column.Title == "LAG");
        Assert.Equal(["750 ms", "–"], status.Workers.Select(lag.Text));
    }

    [Fact]
    public void Several_hosts_have_a_peak_for_each_listener_but_none_of_the_requests_in_flight()
    {
        var status = StatusOf("a", "b");

        Assert.Equal([(41, 64), (82, 128)], status.Listeners.Select(listener => ((int)listener.Peak!, (int)listener.Limit!)));
        Assert.Null(status.InFlightPeak);
    }

    /// <summary>The status of servers like the one above; each has twice the values of the one before it.</summary>
    private static Status StatusOf(params string[] hosts) => new StatusReading(
        new Samples(DateTimeOffset.UnixEpoch, hosts.SelectMany((host, i) => Server.Select(sample => new Sample(
            new SnapshotSample(sample.Family.Name, [
                .. sample.Family.Labels.Zip(sample.Labels, (name, value) => new Label(name, value)),
                .. host.Length > 0 ? [new Label("instance", host)] : (Label[])[],
            ]),
            sample.Family == MetricCatalogue.WorkerState ? 1 : sample.Value * (i + 1))))), null).ToStatus([]);
}

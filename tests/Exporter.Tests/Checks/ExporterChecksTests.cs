using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Exporter.Checks;
using GunicornPrometheusExporter.Exporter.Readings;
using GunicornPrometheusExporter.Exporter.Tests.StatusPage;
using GunicornPrometheusExporter.Exposition;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.Checks;

/// <summary>Findings whose cause cannot be had in a moment: another version, an hour that passed, a file that is full.</summary>
public sealed class ExporterChecksTests
{
    [Theory]
    [InlineData("gunicorn_exporter_build_info{version=\"0.0.1\"} 1", "warning: host:9091: its version is 0.0.1, but ")]
    [InlineData("gunicorn_hub_source_up 0", "error: host:9091: the hub cannot read the hosts' snapshots; ")]
    [InlineData("gunicorn_hub_host_age_seconds{instance=\"web-1\"} 121", "the newest snapshot of web-1 is 2 min 1 s old; ")]
    [InlineData("gunicorn_hub_host_age_seconds{instance=\"\u001b[2J\"} 3600", "the newest snapshot of ?[2J is")]
    [InlineData("gunicorn_exporter_config_last_reload_successful 0", "warning: host:9091: the last reload of the configuration failed, ")]
    [InlineData("gunicorn_worker_oldest_request_seconds{worker_id=\"worker_3\"} 21", "a request of worker_3 has been in flight for 21.0 s; ")]
    [InlineData(
        "gunicorn_listener_backlog{listener=\"a:1\"} 52\ngunicorn_listener_backlog_limit{listener=\"a:1\"} 64",
        "error: host:9091: 52 of 64 connections wait in the accept queue of a:1; ")]
    [InlineData("gunicorn_up 0", "error: host:9091: no live Gunicorn master uses its store, ")]
    [InlineData(
        "gunicorn_workers{state=\"configured\"} 4\ngunicorn_workers{state=\"live\"} 3", "host:9091: only 3 of 4 workers record; ")]
    [InlineData(
        "gunicorn_dirty_workers{state=\"configured\"} 4\ngunicorn_dirty_workers{state=\"live\"} 3", "only 3 of 4 dirty workers run; ")]
    [InlineData(
        "gunicorn_dirty_workers{state=\"configured\"} 0\ngunicorn_dirty_workers{state=\"live\"} 3",
        "3 dirty workers run without a dirty arbiter and receive no tasks; ")]
    [InlineData("gunicorn_exporter_scrape_duration_seconds 5.1", "reading the store takes 5.1 s; ")]
    [InlineData("gunicorn_exporter_corrupt_files_total 1", "host:9091: 1 store files could not be read; ")]
    [InlineData("gunicorn_exporter_series_dropped 1", "host:9091: 1 series were dropped; ")]
    [InlineData("gunicorn_exporter_forwarder_up{forwarder=\"redis\"} 0", "host:9091: the forwarder redis is failing or stopped; ")]
    [InlineData("gunicorn_exporter_dropped_total 7", "error: host:9091: 7 recordings were dropped; ")]
    [InlineData("gunicorn_exporter_label_overflow_total{label=\"series\"} 7", "7 recordings are under __other__ because a worker had too many series; ")]
    [InlineData("gunicorn_exporter_label_overflow_total{label=\"host\"} 7", "because a worker got requests for too many hosts; list the hosts ")]
    [InlineData("gunicorn_exporter_label_overflow_total{label=\"endpoint\"} 7", "because a worker answered too many different paths with something else than 404; ")]
    [InlineData("gunicorn_exporter_label_overflow_total{label=\"error_type\"} 7", "because the application raised too many types of exceptions; ")]
    [InlineData("gunicorn_exporter_label_overflow_total{label=\"scheme\"} 7", "because the label scheme had too many values; ")]
    public void A_fault_that_the_metrics_tell_is_found_and_leads_to_its_runbook(string line, string text)
    {
        var finding = Assert.Single(Find(line));
        Assert.Contains(text, finding.ToString(), StringComparison.Ordinal);
        // An alert for another version would fire at each upgrade.
        if (!line.StartsWith("gunicorn_exporter_build_info", StringComparison.Ordinal)) Assert.True(RunbookPage.HasSection(finding.Alert!));
    }

    [Fact]
    public void What_is_as_it_should_be_is_not_found() => Assert.Empty(Find(
        $$"""
        gunicorn_exporter_build_info{version="{{ProductVersion.Text}}"} 1
        gunicorn_up 1
        gunicorn_workers{state="configured"} 4
        gunicorn_workers{state="live"} 4
        gunicorn_dirty_workers{state="configured"} 3
        gunicorn_dirty_workers{state="live"} 3
        gunicorn_exporter_scrape_duration_seconds 4.9
        gunicorn_hub_source_up 1
        gunicorn_hub_host_age_seconds{instance="web-1"} 119
        gunicorn_exporter_dropped_total 0
        gunicorn_exporter_config_last_reload_successful 1
        gunicorn_worker_oldest_request_seconds{worker_id="worker_3"} 19
        gunicorn_listener_backlog{listener="a:1"} 51
        gunicorn_listener_backlog_limit{listener="a:1"} 64
        gunicorn_exporter_label_overflow_total{label="endpoint"} 0
        gunicorn_exporter_forwarder_up{forwarder="redis"} 1
        """));

    private static Finding[] Find(string text)
    {
        var samples = TextSample.ReadAll(text).Select(sample => new Sample(new(sample.Name, sample.Labels), sample.Value)).ToArray();
        return [.. CheckList.Run(new ExporterView("host:9091", samples, DateTimeOffset.UnixEpoch))];
    }
}

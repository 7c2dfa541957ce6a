using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Engine.Tests.Files;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Master;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Slots;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Master;

public sealed class MasterPreparationTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Every_series_of_the_master_exists_at_zero()
    {
        var prepared = Prepare();

        Assert.Equal(
            [
                "gunicorn_master_cpu_seconds_total", "gunicorn_master_signals_total", "gunicorn_master_worker_restarts_total",
                "gunicorn_worker_exits_total", "gunicorn_workers",
            ],
            prepared.Series.Select(series => series.Family.Name).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(
            MasterSignalNames.All,
            prepared.Series.Where(series => series.Family == MetricCatalogue.MasterSignals).Select(series => series.Labels[0].Value));
        Assert.Equal(
            [_directory["counter_master-1.db"], _directory["gauge_livesum_master-1.db"]],
            prepared.Series.Select(series => series.Path).Distinct());
        Assert.All(prepared.Series, series => Assert.Equal(0, series.Offset % 8));
        Assert.All(prepared.Series, series => Assert.Equal(0, ValueOf(series)));
        Assert.Equal(_directory["slots.lock"], prepared.LockFile);
        Assert.Equal(SlotTable.LifeByteOf(SlotKind.Master, 1), prepared.LifeByte);
        Assert.True(File.Exists(prepared.RunFile));
        Assert.Equal(
            [.. WorkerExitReasons.All, WorkerExitReasons.Unknown],
            prepared.Series.Where(series => series.Family == MetricCatalogue.WorkerExits).Select(series => series.Labels[0].Value));
        Assert.Equal(_directory["master-1.exits"], prepared.ExitsFile);
    }

    [Fact]
    public void A_dirty_arbiter_gets_files_of_its_own_and_leaves_the_store_as_it_is()
    {
        var master = Prepare();
        var config = new ExporterConfig(new Dictionary<string, string> { ["PROMETHEUS_MULTIPROC_DIR"] = _directory.Path });
        var prepared = MasterPreparation.Run(config, EntryLayout.Timestamped, kind: SlotKind.Arbiter);

        Assert.Equal(
            [_directory["counter_arbiter-1.db"], _directory["gauge_livesum_arbiter-1.db"]],
            prepared.Series.Select(series => series.Path).Distinct().Order(StringComparer.Ordinal));
        Assert.All(prepared.Series, series => Assert.StartsWith("gunicorn_dirty_", series.Family.Name, StringComparison.Ordinal));
        Assert.All(prepared.Series, series => Assert.Equal(0, ValueOf(series)));
        Assert.Equal(SlotTable.LifeByteOf(SlotKind.Arbiter, 1), prepared.LifeByte);
        Assert.Equal(_directory["arbiter-1.exits"], prepared.ExitsFile);
        Assert.Empty(prepared.OtherMasters);
        Assert.True(File.Exists(master.RunFile));
        Assert.False(File.Exists(prepared.RunFile));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_an_earlier_run_told_of_its_workers_is_kept_only_if_the_run_was_killed(bool wasKilled)
    {
        var first = Prepare();
        File.WriteAllText(first.ExitsFile, "");
        if (!wasKilled) File.Delete(first.RunFile);

        Assert.Equal(wasKilled, File.Exists(Prepare().ExitsFile));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_start_that_fails_after_a_kill_leaves_the_sign_of_the_kill_to_the_next_one(int killed)
    {
        var runFile = Prepare().RunFile;
        if (killed != 1) File.Move(runFile, runFile = _directory[$"master-{killed}.run"]);
        // Neither may be removed, so no new file of the run can be written.
        var temporary = _directory["master-1.run"] + StoreFiles.TemporaryExtension;
        Directory.CreateDirectory(temporary);
        Directory.CreateDirectory(temporary + StoreFiles.QuarantineExtension);

        Assert.Throws<StoreException>(() => Prepare());

        Assert.True(File.Exists(runFile));
    }

    [Theory]
    [InlineData(EntryLayout.ValueOnly)]
    [InlineData(EntryLayout.Timestamped)]
    internal void The_files_have_the_layout_that_the_masters_prometheus_client_reads(EntryLayout layout)
    {
        foreach (var path in Prepare(layout).Series.Select(series => series.Path).Distinct())
        {
            using var file = StoreFileWriter.Open(path, layout == EntryLayout.ValueOnly ? EntryLayout.Timestamped : EntryLayout.ValueOnly);
            Assert.Equal(layout, file.Layout);
        }
    }

    [Fact]
    public void After_a_run_that_ended_in_order_the_counters_start_at_zero()
    {
        var first = Prepare();
        Add(first.Series[0], 7);
        File.Delete(first.RunFile);

        Assert.Equal(0, ValueOf(Prepare().Series[0]));
    }

    [Fact]
    public void After_a_run_that_was_killed_the_counters_continue()
    {
        Add(Prepare().Series[0], 7);
        Touch("counter_worker-1.db", "histogram_worker-1.db", "counter_999999999.db", "counter_archive.db");

        Assert.Equal(7, ValueOf(Prepare().Series[0]));
        AssertExist("counter_worker-1.db", "histogram_worker-1.db", "counter_999999999.db", "counter_archive.db");
    }

    [Theory]
    [InlineData(true, "true", false)]
    [InlineData(false, "false", false)]
    [InlineData(false, "true", true)]
    public void The_store_has_a_new_incarnation_if_its_counters_were_removed(bool wasKilled, string cleanUp, bool isNew)
    {
        var first = Prepare();
        var incarnation = StoreIncarnation.Of(_directory.Path);
        if (!wasKilled) File.Delete(first.RunFile);

        MasterPreparation.Run(
            new(new Dictionary<string, string> { ["PROMETHEUS_MULTIPROC_DIR"] = _directory.Path, ["CLEANUP_DB_FILES"] = cleanUp }),
            EntryLayout.ValueOnly);

        Assert.Equal(isNew, StoreIncarnation.Of(_directory.Path).Succeeds(incarnation));
        Assert.Equal(!isNew, StoreIncarnation.Of(_directory.Path) == incarnation);
    }

    [Fact]
    public void After_a_run_that_was_killed_the_gauges_of_dead_processes_go()
    {
        Prepare();
        Touch("gauge_livemax_worker-1.db", "gauge_livemax_999999999.db", "gauge_all_worker-1.db");

        Prepare();

        AssertGone("gauge_livemax_worker-1.db", "gauge_livemax_999999999.db");
        AssertExist("gauge_all_worker-1.db", "gauge_livesum_master-1.db");
    }

    [Fact]
    public void After_a_run_that_was_killed_the_next_dirty_arbiter_reads_how_many_tasks_were_queued()
    {
        Prepare();
        Touch("gauge_livesum_arbiter-1.db");

        Prepare();

        AssertExist("gauge_livesum_arbiter-1.db");
    }

    [Fact]
    public void The_gauges_of_the_slot_that_is_used_again_are_not_replaced_under_a_master_that_just_took_it()
    {
        var gauge = Prepare().Series[^1];
        Add(gauge, 4);

        Assert.Equal(4, ValueOf(Prepare().Series[^1]));
    }

    [Fact]
    public async Task One_preparation_waits_for_another()
    {
        const int preparation = 0;
        using var other = new SlotHolder(_directory.Path, SlotKind.Master, preparation);
        var waiter = $"-> POSIX  ADVISORY  WRITE {Environment.ProcessId} ";
        bool Waits() => File.ReadLines("/proc/locks").Any(line => line.Contains(waiter, StringComparison.Ordinal));

        var preparing = Task.Run(() => Prepare());
        Assert.True(SpinWait.SpinUntil(Waits, TimeSpan.FromSeconds(30)), "nobody waits for the lock");
        Assert.Empty(Directory.GetFiles(_directory.Path, "*.db"));
        other.Dispose();

        Assert.True(File.Exists((await preparing).RunFile));
    }

    [Fact]
    public void The_run_files_of_killed_masters_are_replaced_by_one()
    {
        Prepare();
        File.Copy(_directory["master-1.run"], _directory["master-2.run"]);

        Prepare();

        Assert.Equal([_directory["master-1.run"]], Directory.GetFiles(_directory.Path, "*.run"));
    }

    [Fact]
    public void After_an_ordered_end_the_files_of_free_slots_and_gone_pids_are_removed()
    {
        EndInOrder();
        string[] dead =
        [
            "counter_worker-1.db", "gauge_livemax_worker-1.db", "flight_worker-1_0a0b0c0d.bin", "counter_exporter-1.db",
            "counter_process-1.db", "counter_999999999.db", "stacks_worker-1.txt",
        ];
        Touch(dead);

        Prepare();

        AssertGone(dead);
    }

    [Fact]
    public void Files_that_are_not_certainly_dead_stay()
    {
        EndInOrder();
        using var script = new SlotHolder(_directory.Path, SlotKind.Process, 1);
        Touch("counter_process-1.db", $"counter_{Environment.ProcessId}.db", "counter_uwsgi.db", "notes.txt", "other.db");

        Prepare();

        AssertExist("counter_process-1.db", $"counter_{Environment.ProcessId}.db", "counter_uwsgi.db", "notes.txt", "other.db");
    }

    [Fact]
    public void A_file_older_than_the_process_that_has_its_pid_now_is_dead()
    {
        EndInOrder();
        Touch($"counter_{Environment.ProcessId}.db");
        using var self = Process.GetCurrentProcess();
        File.SetLastWriteTime(_directory[$"counter_{Environment.ProcessId}.db"], self.StartTime.AddMinutes(-1));
        File.SetLastWriteTime(_directory["pids.json"], self.StartTime.AddMinutes(-2));

        Prepare();

        AssertGone($"counter_{Environment.ProcessId}.db");
    }

    [Fact]
    public void A_living_process_s_file_stays_though_the_clock_was_set_after_it_was_written()
    {
        EndInOrder();
        var name = $"counter_{Environment.ProcessId}.db";
        Touch(name);
        using var self = Process.GetCurrentProcess();
        // As files look whose times are an hour behind, for the clock was set forward since.
        File.SetLastWriteTime(_directory[name], self.StartTime.AddMinutes(-59));
        var record = File.ReadAllText(_directory["pids.json"]);
        File.WriteAllText(_directory["pids.json"], Regex.Replace(
            record, "(\"booted_at\":)([0-9.]+)", match => string.Create(
                CultureInfo.InvariantCulture,
                $"{match.Groups[1]}{double.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture) - 3600}")));
        File.SetLastWriteTime(_directory["pids.json"], self.StartTime.AddMinutes(-60));

        Prepare();

        AssertExist(name);
    }

    [Fact]
    public void A_file_that_a_process_has_open_stays_whatever_its_pid_says()
    {
        EndInOrder();
        Touch("counter_999999999.db");
        using var open = File.Open(_directory["counter_999999999.db"], FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);

        Prepare();

        AssertExist("counter_999999999.db");
    }

    [Fact]
    public void Files_that_stood_before_the_record_of_pids_prove_nothing_though_their_times_are_later()
    {
        Touch("counter_999999999.db");
        File.SetLastWriteTimeUtc(_directory["counter_999999999.db"], DateTime.UtcNow.AddMinutes(30));
        File.Delete(Prepare().RunFile);

        Prepare();

        AssertExist("counter_999999999.db");
    }

    [Theory]
    [InlineData("pids.json")]
    [InlineData("master-1.run")]
    [InlineData("master-1.exits")]
    public void A_side_file_of_three_gigabytes_stops_no_start(string name)
    {
        EndInOrder();
        using (var file = File.Create(_directory[name])) file.SetLength(3L << 30);
        Touch("counter_999999999.db");

        Prepare();
    }

    [Fact]
    public void Pids_of_another_namespace_prove_nothing()
    {
        EndInOrder();
        File.WriteAllText(_directory["pids.json"], """{"boot_id":"another","pid_namespace":"pid:[1]"}""");
        Touch("counter_999999999.db");

        Prepare();

        AssertExist("counter_999999999.db");
    }

    [Theory]
    [InlineData("boot", "pid:[1]", true)]
    [InlineData("", "pid:[1]", false)]
    [InlineData("boot", "", false)]
    public void A_place_that_is_hidden_is_not_known_to_be_the_same(string boot, string space, bool isCertain)
    {
        var place = new ProcessSpace(boot, space);

        Assert.Equal(isCertain, place.IsCertainly(place with { }));
        Assert.False(place.IsCertainly(null));
    }

    [Fact]
    public void What_counts_is_removed_whole_or_not_at_all()
    {
        EndInOrder();
        var incarnation = StoreIncarnation.Of(_directory.Path);
        using (new SlotHolder(_directory.Path, SlotKind.Exporter, 1))
        {
            Touch("counter_exporter-1.db", "counter_worker-1.db", "histogram_worker-1.db", "counter_archive.db", "gauge_livesum_worker-1.db");

            File.Delete(Prepare().RunFile);

            AssertExist("counter_exporter-1.db", "counter_worker-1.db", "histogram_worker-1.db", "counter_archive.db");
            AssertGone("gauge_livesum_worker-1.db");
            Assert.Equal(incarnation, StoreIncarnation.Of(_directory.Path));
        }
        Prepare();

        AssertGone("counter_exporter-1.db", "counter_worker-1.db", "histogram_worker-1.db", "counter_archive.db");
        Assert.True(StoreIncarnation.Of(_directory.Path).Succeeds(incarnation));
    }

    [Fact]
    public void A_gauge_that_must_stay_keeps_no_count()
    {
        EndInOrder();
        Touch("counter_worker-1.db", "gauge_all_uwsgi.db");
        using var living = File.Open(_directory["gauge_all_uwsgi.db"], FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);

        Prepare();

        AssertExist("gauge_all_uwsgi.db");
        AssertGone("counter_worker-1.db");
    }

    [Fact]
    public void Counts_from_before_the_record_of_pids_stay_and_later_ones_go()
    {
        EndInOrder();
        Touch("counter_999999999.db");
        File.SetLastWriteTimeUtc(_directory["counter_999999999.db"], DateTime.UtcNow.AddHours(-2));
        Prepare();
        AssertExist("counter_999999999.db");

        EndInOrder();
        Touch("counter_999999999.db");
        Prepare();
        AssertGone("counter_999999999.db");
    }

    [Theory]
    [InlineData("all", false)]
    [InlineData("liveall", false)]
    [InlineData("min", false)]
    [InlineData("livemin", false)]
    [InlineData("max", false)]
    [InlineData("livemax", false)]
    [InlineData("sum", false)]
    [InlineData("livesum", false)]
    [InlineData("mostrecent", false)]
    [InlineData("livemostrecent", false)]
    [InlineData("max", true)]
    [InlineData("all", true)]
    public void The_gauges_of_a_process_that_exited_before_a_start_are_gone_and_its_counts_are_not(string mode, bool wasKilled)
    {
        if (wasKilled) Prepare();
        Touch($"gauge_{mode}_999999999.db", $"gauge_{mode}_job.db", $"gauge_{mode}_archive.db", "counter_999999999.db");
        using var living = File.Open(_directory[$"gauge_{mode}_999999998.db"], FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite);

        Prepare();

        AssertGone($"gauge_{mode}_999999999.db", $"gauge_{mode}_job.db");
        AssertExist("counter_999999999.db", $"gauge_{mode}_999999998.db");
        if (mode is "min" or "max" or "sum" or "mostrecent") AssertGone($"gauge_{mode}_archive.db");
    }

    [Theory]
    [InlineData(SlotKind.Master)]
    [InlineData(SlotKind.Worker)]
    internal void While_another_run_lives_nothing_is_touched(SlotKind kind)
    {
        EndInOrder();
        Touch("counter_worker-7.db", "gauge_livemax_worker-7.db", "counter_999999999.db");
        using var other = new SlotHolder(_directory.Path, kind, 3);

        Prepare();

        AssertExist("counter_worker-7.db", "gauge_livemax_worker-7.db", "counter_999999999.db");
    }

    [Fact]
    public void A_second_master_takes_the_next_slot_and_its_own_files()
    {
        var first = Prepare();
        using var master = new SlotHolder(_directory.Path, SlotKind.Master, 1);

        var second = Prepare();

        Assert.Equal(SlotTable.LifeByteOf(SlotKind.Master, 2), second.LifeByte);
        Assert.Equal(_directory["counter_master-2.db"], second.Series[0].Path);
        Assert.Empty(first.OtherMasters);
        Assert.Equal([master.ProcessId], second.OtherMasters);
        Assert.True(File.Exists(first.RunFile));
        Assert.True(File.Exists(second.RunFile));
    }

    [Fact]
    public void Without_CLEANUP_DB_FILES_nothing_is_removed()
    {
        EndInOrder();
        Touch("counter_worker-1.db", "gauge_livemax_worker-1.db", "counter_999999999.db");

        Prepare(("CLEANUP_DB_FILES", "false"));

        AssertExist("counter_worker-1.db", "gauge_livemax_worker-1.db", "counter_999999999.db");
    }

    [Fact]
    public void A_damaged_master_file_is_kept_aside_and_replaced()
    {
        File.WriteAllText(_directory["counter_master-1.db"], "this is no store file, whatever its name says");
        File.WriteAllText(_directory["master-1.run"], "{}");

        Assert.Equal(0, ValueOf(Prepare().Series[0]));
        AssertExist("counter_master-1.db.corrupt");
    }

    [Fact]
    public void A_bad_configuration_is_refused_before_anything_is_made()
    {
        var failure = Assert.Throws<ConfigurationException>(
            () => Prepare(("PROMETHEUS_METRICS_PORT", "abc"), ("CLEANUP_DB_FILES", "perhaps")));

        Assert.Equal(2, failure.Message.Split('\n').Length);
        Assert.Empty(Directory.GetFileSystemEntries(_directory.Path));
    }

    [Fact]
    public void A_place_that_cannot_be_forwarded_to_stops_no_master()
    {
        Prepare(("REDIS_ENABLED", "true"), ("REDIS_FORWARD_INTERVAL", "0"), ("REMOTE_WRITE_URL", "nowhere"));

        AssertExist("counter_master-1.db");
    }

    private PreparedMaster Prepare(params (string Name, string Text)[] variables) =>
        Prepare(EntryLayout.Timestamped, variables);

    private PreparedMaster Prepare(EntryLayout layout, params (string Name, string Text)[] variables) =>
        MasterPreparation.Run(
            new ExporterConfig(variables.Append(("PROMETHEUS_MULTIPROC_DIR", _directory.Path)).ToDictionary()), layout);

    /// <summary>Leaves the store as a master that ended in order does.</summary>
    private void EndInOrder()
    {
        File.Delete(Prepare().RunFile);
        File.SetLastWriteTimeUtc(_directory["pids.json"], DateTime.UtcNow.AddHours(-1));
    }

    private void Touch(params string[] names)
    {
        foreach (var name in names)
        {
            File.WriteAllText(_directory[name], "");
            TestFile.WaitUntilClosed(_directory[name]);
        }
    }

    private void AssertExist(params string[] names) => Assert.All(names, name => Assert.True(File.Exists(_directory[name]), name));

    private void AssertGone(params string[] names) => Assert.All(names, name => Assert.False(File.Exists(_directory[name]), name));

    private static double ValueOf(MasterSeries series) =>
        BinaryPrimitives.ReadDoubleLittleEndian(File.ReadAllBytes(series.Path).AsSpan(series.Offset));

    private static void Add(MasterSeries series, double amount)
    {
        var bytes = File.ReadAllBytes(series.Path);
        BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(series.Offset), ValueOf(series) + amount);
        File.WriteAllBytes(series.Path, bytes);
    }
}

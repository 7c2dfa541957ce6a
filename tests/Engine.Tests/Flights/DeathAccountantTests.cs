using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Deaths;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Engine.Tests.Aggregation;
using GunicornPrometheusExporter.Engine.Tests.Master;
using GunicornPrometheusExporter.Engine.Tests.Files;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Flights;
using GunicornPrometheusExporter.Incidents;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;
using GunicornPrometheusExporter.Routes;
using GunicornPrometheusExporter.Slots;
using GunicornPrometheusExporter.Workers;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Flights;

public sealed class DeathAccountantTests : IDisposable
{
    private const int Pid = 4711;
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";
    private const string LostToSignal = "gunicorn_worker_requests_lost_total{reason=signal,worker_id=worker_1}";
    private const string LostUnknown = "gunicorn_worker_requests_lost_total{reason=unknown,worker_id=worker_1}";

    private readonly TemporaryDirectory _directory = new();
    private readonly MessageList _log = new();
    private readonly double _now = MonotonicClock.Seconds();
    private StoreAggregator _aggregator;
    private DeathAccountant _accountant;

    public DeathAccountantTests()
    {
        TestFile.Write(
            _directory["counter_worker-1.db"], EntryLayout.ValueOnly,
            TestEntry.Of("gunicorn_worker_requests", "gunicorn_worker_requests_total", [("worker_id", "worker_1")], 7),
            TestEntry.Of("gunicorn_worker_busy_seconds", "gunicorn_worker_busy_seconds_total", [("worker_id", "worker_1")], 100));
        (_aggregator, _accountant) = Start();
    }

    public void Dispose()
    {
        _aggregator.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void A_lost_request_is_told_of_with_all_that_is_known_and_counted_under_its_cause()
    {
        var path = WriteFlight("00000001", new FlightRequest(FlightState.Running, 0, _now - 5, "GET", "/users/42/token", "", Trace));
        WriteExit("signal");
        _accountant.Account();
        var late = MonotonicClock.Seconds() - _now;
        var line = Assert.Single(_log.Messages);
        Assert.Matches(
            "^request lost workerId=worker_1 pid=4711 cause=signal method=GET route=/users/\\{id\\}/token " +
            $"ageSeconds=([5-9]|[1-9][0-9]+)(\\.[0-9]{{1,3}})? status=0 traceId={Trace} memoryBytes=50000000 signal=SIGKILL stack=$", line);
        Assert.False(File.Exists(path));
        var samples = _aggregator.Read().Samples;
        Assert.Equal(1, samples[LostToSignal]);
        Assert.Equal(0, samples[LostUnknown]);
        Assert.Equal(7, samples["gunicorn_worker_requests_total{worker_id=worker_1}"]);
        Assert.InRange(samples["gunicorn_worker_busy_seconds_total{worker_id=worker_1}"], 105, 105 + late);
    }

    [Fact]
    public void An_event_loop_that_was_blocked_counts_as_busy_until_the_death()
    {
        var path = WriteFlight("00000001", new FlightRequest(FlightState.Running, 0, _now - 5, "GET", "/", "", ""));
        using (var stream = new FileStream(path, FileMode.Open, FileAccess.Write))
        {
            stream.Position = 40;
            stream.Write([.. BitConverter.GetBytes(30.0), .. BitConverter.GetBytes(_now - 4), .. BitConverter.GetBytes(31.0)]);
        }
        WriteExit("signal");
        _accountant.Account();
        var late = MonotonicClock.Seconds() - _now;
        Assert.InRange(_aggregator.Read().Samples["gunicorn_worker_loop_busy_seconds_total{worker_id=worker_1}"], 4, 4 + late + 1e-3);
    }

    [Fact]
    public void A_request_whose_response_had_begun_is_counted_as_its_worker_would_have_counted_it()
    {
        WriteFlight(
            "00000001",
            new FlightRequest(FlightState.Responding, 503, _now - 1, "BREW", "/users/42", "", ""),
            new FlightRequest(FlightState.Responding, 200, _now - 1, "GET", "/users/42", "/users/<int:id>", ""));
        WriteExit("oom");
        _accountant.Account();
        var samples = _aggregator.Read().Samples;
        Assert.Equal(2, samples["gunicorn_worker_requests_lost_total{reason=oom,worker_id=worker_1}"]);
        Assert.Equal(9, samples["gunicorn_worker_requests_total{worker_id=worker_1}"]);
        Assert.Equal(1, samples["gunicorn_http_requests_total{endpoint=/users/{id},method=__other__,status_code=503}"]);
        Assert.Equal(1, samples["gunicorn_http_requests_total{endpoint=/users/<int:id>,method=GET,status_code=200}"]);
        Assert.Equal(1, samples["gunicorn_worker_failed_requests_total{endpoint=/users/{id},method=__other__,status_code=503,worker_id=worker_1}"]);
        Assert.Single(samples.Keys, key => key.StartsWith("gunicorn_worker_failed_requests_total", StringComparison.Ordinal));
    }

    [Fact]
    public void A_lost_request_that_was_slow_is_counted_as_slow_too()
    {
        var started = _now - 60;
        WriteFlight(
            "00000001",
            new FlightRequest(FlightState.Running, 0, started, "GET", "/a", "/a", ""),
            new FlightRequest(FlightState.Responding, 200, started, "GET", "/a", "/a", ""),
            new FlightRequest(FlightState.Running, 0, started, "GET", "/a", "/patient", ""),
            new FlightRequest(FlightState.Running, 0, started, "GET", "/a", "/excluded", ""),
            new FlightRequest(FlightState.Running, 0, started, "GET", "/a", "/stream", "") { IsLasting = true },
            new FlightRequest(FlightState.Running, 0, _now, "GET", "/a", "/fast", ""),
            new FlightRequest(FlightState.Running, 0, started, "GET", "/unknown", "", ""));
        WriteExit("timeout");
        _aggregator.Flights.Choice = new() { Slow = SlowThresholds.TryParse("30,/patient=3600")!, ExcludedRoutes = ["/excluded"] };

        _accountant.Account();
        _accountant.Account();

        var samples = _aggregator.Read().Samples;
        Assert.Equal(
            [("{endpoint=/a,method=GET}", 2), ("{endpoint=/unknown,method=GET}", 1)],
            samples.Where(sample => sample.Key.StartsWith("gunicorn_slow_", StringComparison.Ordinal))
                .Select(sample => (sample.Key["gunicorn_slow_requests_total".Length..], sample.Value)));
    }

    [Fact]
    public void A_lost_request_has_the_extra_labels_that_its_worker_found()
    {
        int known, request;
        using (var store = SlotStore.Open(_directory.Path, SlotKind.Worker, EntryLayout.ValueOnly))
        {
            var writer = new MetricWriter(store);
            var labels = MetricCatalogue.ExtraLabels with { Labels = ["host", "x_tenant"] };
            known = writer.OffsetOf(writer.Locate(labels, ["a.example", "acme"]));
            request = writer.OffsetOf(writer.Locate(MetricCatalogue.HttpRequests, ["GET", "/", "200"]));
        }
        // The last two are offsets that no worker writes: of another metric, and outside the file.
        WriteFlight("00000001", [.. new[] { known, 0, request, 1 << 30 }.Select(
            offset => new FlightRequest(FlightState.Responding, 503, _now - 1, "GET", "/", "/", "", offset))]);
        WriteExit("oom");

        _accountant.Account();

        var samples = _aggregator.Read().Samples;
        Assert.Equal(1, samples["gunicorn_http_requests_total{endpoint=/,host=a.example,method=GET,status_code=503,x_tenant=acme}"]);
        Assert.Equal(3, samples["gunicorn_http_requests_total{endpoint=/,method=GET,status_code=503}"]);
        Assert.Equal(4, samples["gunicorn_worker_failed_requests_total{endpoint=/,method=GET,status_code=503,worker_id=worker_1}"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_lost_request_that_the_operator_excludes_is_counted_in_one_family_at_most(bool countsExcluded)
    {
        _aggregator.Flights.Choice = new RequestChoice { ExcludedRoutes = ["/healthz", "/in/*"], CountsExcluded = countsExcluded };
        WriteFlight(
            "00000001",
            new FlightRequest(FlightState.Responding, 503, _now - 1, "GET", "/healthz?now", "/<path>", ""),
            new FlightRequest(FlightState.Responding, 200, _now - 1, "GET", "/x", "/in/<x>", ""),
            new FlightRequest(FlightState.Running, 0, _now - 1, "GET", "/healthz", "", ""));
        WriteExit("oom");

        _accountant.Account();

        var samples = _aggregator.Read().Samples;
        Assert.Equal(3, samples["gunicorn_worker_requests_lost_total{reason=oom,worker_id=worker_1}"]);
        Assert.Equal(7, samples["gunicorn_worker_requests_total{worker_id=worker_1}"]);
        string[] counted = countsExcluded
            ? ["{endpoint=__excluded__,method=GET,status_code=200}", "{endpoint=__excluded__,method=GET,status_code=503}"]
            : [];
        Assert.Equal(
            counted.Select(labels => $"gunicorn_http_requests_total{labels}"),
            samples.Keys.Where(key => key.StartsWith("gunicorn_http_requests_total", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.DoesNotContain(samples.Keys, key => key.StartsWith("gunicorn_worker_failed_requests_total", StringComparison.Ordinal));
    }

    [Fact]
    public void A_lost_request_for_what_is_not_there_is_counted_as_unmatched_unless_its_worker_knew_the_path()
    {
        using (var store = SlotStore.Open(_directory.Path, SlotKind.Worker, EntryLayout.ValueOnly))
        {
            new MetricWriter(store).Add(MetricCatalogue.HttpRequests, 1, "GET", "/known", "200");
        }
        WriteFlight("00000001", [
            new FlightRequest(FlightState.Responding, 404, _now, "GET", "/known", "", ""),
            new FlightRequest(FlightState.Responding, 401, _now, "GET", "/secret/42", "__unmatched__", ""),
            .. Enumerable.Range(0, 60).Select(
                i => new FlightRequest(FlightState.Responding, 404, _now, "GET", $"/scan{(char)('a' + (i / 26))}{(char)('a' + (i % 26))}", "", ""))]);
        WriteExit("signal");
        _accountant.Account();
        var counted = _aggregator.Read().Samples.Where(sample => sample.Key.StartsWith("gunicorn_http_requests_total", StringComparison.Ordinal));
        Assert.Equal(
            [("/known", 200, 1), ("/known", 404, 1), ("__unmatched__", 401, 1), ("__unmatched__", 404, 60)],
            counted.Select(sample => (EndpointOf(sample.Key), StatusOf(sample.Key), (int)sample.Value)).Order());
        Assert.Contains(_log.Messages, line => line.Contains(" route=/secret/{id} ", StringComparison.Ordinal));
        static string EndpointOf(string key) => key.Split("endpoint=")[1].Split(',')[0];
        static int StatusOf(string key) => int.Parse(key.Split("status_code=")[1].TrimEnd('}'), System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public void Without_a_word_of_the_master_the_cause_is_unknown_after_a_while()
    {
        var path = WriteFlight("00000001", new FlightRequest(FlightState.Running, 0, _now, "GET", "/", "", ""));
        WriteExit("signal", pid: Pid + 1);
        WriteExit("signal", seconds: -60);
        _accountant.Account();
        Assert.True(File.Exists(path));
        Assert.DoesNotContain(_log.Messages, IsLost);
        for (var i = 0; i < 100 && File.Exists(path); i++)
        {
            Thread.Sleep(100);
            _accountant.Account();
        }
        Assert.Contains("cause=unknown", Assert.Single(_log.Messages, IsLost), StringComparison.Ordinal);
        Assert.Equal(1, _aggregator.Read().Samples[LostUnknown]);
    }

    [Theory]
    [InlineData("signal")]
    [InlineData(null)]
    public void Busy_time_never_falls_though_a_new_exporter_knows_the_death_by_an_earlier_time_or_none(string? reason)
    {
        const string Busy = "gunicorn_worker_busy_seconds_total{worker_id=worker_1}";
        var path = WriteFlight("00000001", new FlightRequest(FlightState.Running, 0, _now - 5, "GET", "/", "", ""));
        double told;
        using (new FileLock(path)) told = _aggregator.Read().Samples[Busy];
        Assert.True(told >= 105);

        if (reason is not null) WriteExit(reason, seconds: -4);
        (_aggregator, _accountant) = Start();
        for (var i = 0; i < 100 && File.Exists(path); i++)
        {
            var now = _aggregator.Read().Samples[Busy];
            Assert.True(now >= told, $"{told} became {now}");
            told = now;
            Thread.Sleep(100);
            _accountant.Account();
        }
        Assert.False(File.Exists(path));
        Assert.True(_aggregator.Read().Samples[Busy] >= told);
    }

    [Fact]
    public void A_worker_that_died_over_a_commit_waits_for_whoever_holds_its_slot_to_do_the_rest()
    {
        var path = WriteFlight("00000001", new FlightRequest(FlightState.Running, 0, _now - 5, "GET", "/", "", ""));
        using (var stream = File.OpenWrite(path))
        {
            // The second record was committed and not applied: the first entry is given back.
            stream.Position = 16;
            stream.WriteByte(1);
            stream.Position = 608 + 8;
            stream.Write(BitConverter.GetBytes(105.0));
        }
        WriteExit("signal");
        using (new SlotHolder(_directory.Path, SlotKind.Worker, 1))
        {
            _accountant.Account();
            Assert.True(File.Exists(path));
        }
        _accountant.Account();
        Assert.False(File.Exists(path));
        Assert.DoesNotContain(_log.Messages, IsLost);
        Assert.DoesNotContain("counter_exporter-1.db", Directory.GetFiles(_directory.Path));
    }

    [Fact]
    public void Deaths_add_up_and_a_reason_that_is_none_is_unknown()
    {
        foreach (var suffix in (string[])["00000001", "00000002"])
        {
            WriteFlight(suffix, new FlightRequest(FlightState.Running, 0, _now, "GET", "/", "", ""));
            WriteExit("bad luck");
            _accountant.Account();
        }
        Assert.Equal(2, _aggregator.Read().Samples[LostUnknown]);
    }

    [Fact]
    public void An_exporter_killed_after_it_counted_counts_no_second_time_and_still_tells()
    {
        var path = WriteFlight("00000001", new FlightRequest(FlightState.Running, 0, _now, "GET", "/", "", ""));
        var flight = File.ReadAllBytes(path);
        WriteExit("signal");
        _accountant.Account();
        // As if it had been killed between the count and the removal.
        File.WriteAllBytes(path, flight);
        (_aggregator, _accountant) = Start();
        _accountant.Account();
        Assert.Equal(2, _log.Messages.Count);
        Assert.False(File.Exists(path));
        Assert.Equal(1, _aggregator.Read().Samples[LostToSignal]);
        Assert.InRange(_aggregator.Read().Samples["gunicorn_worker_busy_seconds_total{worker_id=worker_1}"], 100, 110);
    }

    [Fact]
    public void A_death_that_is_counted_is_not_shown_a_second_time_while_its_file_still_stands()
    {
        const string Busy = "gunicorn_worker_busy_seconds_total{worker_id=worker_1}";
        var path = WriteFlight("00000001", new FlightRequest(FlightState.Running, 0, _now - 5, "GET", "/", "", ""));
        using (new FileLock(path)) _ = _aggregator.Read();
        var flight = File.ReadAllBytes(path);
        WriteExit("signal");
        _accountant.Account();
        var counted = _aggregator.Read().Samples[Busy];
        // As if another exporter were between the count and the removal.
        File.WriteAllBytes(path, flight);
        Assert.Equal(counted, _aggregator.Read().Samples[Busy]);
        (_aggregator, _accountant) = Start();
        Assert.Equal(counted, _aggregator.Read().Samples[Busy]);
    }

    [Fact]
    public void An_exporter_killed_before_it_counted_leaves_it_to_the_next()
    {
        WriteFlight("00000001", new FlightRequest(FlightState.Running, 0, _now, "GET", "/", "", ""));
        WriteExit("signal");
        File.WriteAllText(_directory["counter_exporter-1.db.new"], "half a file");
        _accountant.Account();
        Assert.Equal(1, _aggregator.Read().Samples[LostToSignal]);
        Assert.False(File.Exists(_directory["counter_exporter-1.db.new"]));
    }

    [Fact]
    public void A_damaged_tail_or_ledger_stops_nothing()
    {
        WriteFlight("00000001", new FlightRequest(FlightState.Running, 0, _now, "GET", "/", "", ""));
        WriteExit("signal");
        _accountant.Account();
        File.WriteAllText(_directory["counter_exporter-1.db"], "no ledger at all");
        WriteFlight("00000002", new FlightRequest(FlightState.Running, 0, _now, "GET", "/", "", ""));
        _accountant.Account();
        Assert.Equal(1, _aggregator.Read().Samples[LostToSignal]);
        Assert.True(File.Exists(_directory["counter_exporter-1.db.corrupt"]));
    }

    [Theory]
    [InlineData("counter_exporter-1.db")]
    [InlineData("counter_exporter-1.db.new")]
    public void A_link_in_the_place_of_the_ledger_leads_nowhere(string name)
    {
        using var elsewhere = new TemporaryDirectory();
        File.WriteAllText(elsewhere["file"], "precious");
        File.CreateSymbolicLink(_directory[name], elsewhere["file"]);
        WriteFlight("00000001", new FlightRequest(FlightState.Running, 0, _now, "GET", "/", "", ""));
        WriteExit("signal");
        _accountant.Account();
        Assert.Equal(1, _aggregator.Read().Samples[LostToSignal]);
        Assert.Equal("precious", File.ReadAllText(elsewhere["file"]));
        Assert.Null(new FileInfo(_directory["counter_exporter-1.db"]).LinkTarget);
    }

    [Fact]
    public void A_link_in_the_place_of_the_exits_is_not_read()
    {
        using var elsewhere = new TemporaryDirectory();
        WriteFlight("00000001", new FlightRequest(FlightState.Running, 0, _now, "GET", "/", "", ""));
        WriteExit("signal");
        File.Move(_directory["master-1.exits"], elsewhere["exits"]);
        File.CreateSymbolicLink(_directory["master-1.exits"], elsewhere["exits"]);
        _accountant.Account();
        Assert.Empty(_log.Messages);
    }

    [Fact]
    public void A_live_worker_is_left_alone()
    {
        var path = WriteFlight("00000001", new FlightRequest(FlightState.Running, 0, _now, "GET", "/", "", ""));
        WriteExit("signal");
        using var alive = new FileLock(path);
        _accountant.Account();
        Assert.True(File.Exists(path));
        Assert.DoesNotContain(_log.Messages, IsLost);
    }

    [Fact]
    public void Only_the_exporter_that_holds_the_slot_accounts()
    {
        var path = WriteFlight("00000001", new FlightRequest(FlightState.Running, 0, _now, "GET", "/", "", ""));
        WriteExit("signal");
        using (new SlotHolder(_directory.Path, SlotKind.Exporter, 1))
        {
            _accountant.Account();
            Assert.True(File.Exists(path));
        }
        _accountant.Account();
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void A_worker_that_exited_orderly_leaves_nothing_to_tell()
    {
        var path = WriteFlight("00000001");
        WriteExit("graceful");
        _accountant.Account();
        Assert.False(File.Exists(path));
        Assert.Empty(_log.Messages);
        Assert.Empty(_accountant.Incidents.Read());
        Assert.False(File.Exists(_directory["counter_exporter-1.db"]));
    }

    [Fact]
    public void A_damaged_flight_file_is_set_aside_and_counted()
    {
        var path = _directory["flight_worker-1_00000001.bin"];
        File.WriteAllText(path, "no flight file");
        AccountUntilGone(path);
        Assert.True(File.Exists(path + ".corrupt"));
        Assert.Equal(1, _aggregator.Read().Samples["gunicorn_exporter_corrupt_files_total{}"]);
        Assert.Contains("quarantined", Assert.Single(_log.Messages), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4096)]
    public void The_file_of_a_worker_that_was_killed_before_it_wrote_any_is_no_damage(int size)
    {
        var path = _directory["flight_worker-1_00000001.bin"];
        File.WriteAllBytes(path, new byte[size]);
        AccountUntilGone(path);
        Assert.False(File.Exists(path));
        Assert.False(File.Exists(path + ".corrupt"));
        Assert.Equal(0, _aggregator.Read().Samples["gunicorn_exporter_corrupt_files_total{}"]);
        Assert.Empty(_log.Messages);
    }

    [Fact]
    public void A_file_that_a_starting_worker_has_not_locked_yet_stays()
    {
        var path = _directory["flight_worker-1_00000001.bin"];
        File.WriteAllBytes(path, new byte[4096]);
        using (var slots = SlotTable.Open(_directory.Path))
        {
            Assert.True(slots.TryTake(SlotKind.Worker, 1));
            AccountUntilGone(path, TimeSpan.FromSeconds(3));
            Assert.True(File.Exists(path));
        }
        AccountUntilGone(path);
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void The_ledger_has_the_layout_of_the_workers_files_and_no_more_endpoints_than_the_bound()
    {
        WriteFlight("00000001", [.. Enumerable.Range(0, 60).Select(
            i => new FlightRequest(FlightState.Responding, 200, _now, "GET", $"/page{(char)('a' + (i / 26))}{(char)('a' + (i % 26))}", "", ""))]);
        WriteExit("signal");
        _accountant.Account();
        var content = File.ReadAllBytes(_directory["counter_exporter-1.db"]);
        Assert.Equal(EntryLayout.ValueOnly, EntryWalk.LayoutOf(content.AsSpan(0, BitConverter.ToInt32(content))));
        var samples = _aggregator.Read().Samples;
        Assert.Equal(51, samples.Keys.Count(key => key.StartsWith("gunicorn_http_requests_total", StringComparison.Ordinal)));
        Assert.Equal(10, samples["gunicorn_http_requests_total{endpoint=__other__,method=GET,status_code=200}"]);
    }

    [Fact]
    public void A_ledger_with_a_damaged_key_is_kept_aside_and_the_death_is_counted()
    {
        TestFile.Write(_directory["counter_exporter-1.db"], EntryLayout.ValueOnly, new TestEntry("""["a", "a_total", {"b": }, ""]""", 1));
        WriteFlight("00000001", new FlightRequest(FlightState.Running, 0, _now, "GET", "/", "", ""));
        WriteExit("signal");
        _accountant.Account();
        Assert.Equal(1, _aggregator.Read().Samples[LostToSignal]);
        Assert.True(File.Exists(_directory["counter_exporter-1.db.corrupt"]));
    }

    [Theory]
    [InlineData("counter_exporter-1.db", LostToSignal)]
    [InlineData("counter_worker-1.db", LostToSignal)]
    [InlineData("master-2.exits", LostToSignal)]
    public void A_file_of_three_gigabytes_keeps_no_death_from_being_counted(string name, string lost)
    {
        WriteFlight("00000001", new FlightRequest(FlightState.Running, 0, _now, "GET", "/", "", ""));
        WriteExit("signal");
        using (var file = File.Create(_directory[name])) file.SetLength(3L << 30);

        _accountant.Account();

        Assert.Equal(1, _aggregator.Read().Samples[lost]);
    }

    [Theory]
    [InlineData("/none", 0)]
    [InlineData("/labelled", 64)]
    public void A_lost_request_is_counted_although_the_counters_of_its_worker_were_removed(string path, int labels)
    {
        File.Delete(_directory["counter_worker-1.db"]);
        WriteFlight("00000001", new FlightRequest(FlightState.Responding, 404, _now, "GET", path, "", "", labels));
        WriteExit("signal");
        Assert.Null(_accountant.Account());
        var samples = _aggregator.Read().Samples;
        Assert.Equal(1, samples[LostToSignal]);
        Assert.Equal(1, samples["gunicorn_http_requests_total{endpoint=__unmatched__,method=GET,status_code=404}"]);
    }

    [Fact]
    public void The_counters_of_a_dead_worker_are_not_read_for_each_of_its_requests()
    {
        const int size = 15 << 20;
        using (var store = SlotStore.Open(_directory.Path, SlotKind.Worker, EntryLayout.ValueOnly))
        {
            new MetricWriter(store).Add(MetricCatalogue.HttpRequests, 1, "GET", "/known", "200");
        }
        using (var file = File.OpenWrite(_directory["counter_worker-1.db"])) file.SetLength(size);
        WriteFlight("00000001", [.. Enumerable.Range(0, 64).Select(
            i => new FlightRequest(FlightState.Responding, 404, _now, "GET", "/known", "", "", 1 + i))]);
        WriteExit("signal");
        var before = BytesRead();

        _accountant.Account();

        Assert.InRange(BytesRead() - before, 0, 8L * size);
        Assert.Equal(64, _aggregator.Read().Samples["gunicorn_http_requests_total{endpoint=/known,method=GET,status_code=404}"]);

        static long BytesRead() => long.Parse(
            File.ReadLines("/proc/thread-self/io").First()["rchar: ".Length..], System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public void A_death_whose_files_are_broken_keeps_no_other_from_being_counted()
    {
        // It died over a commit, and its slot's files cannot be opened.
        var broken = FlightImage.Bytes(Pid + 1, 1, 0, _now, new FlightRequest(FlightState.Running, 0, _now, "GET", "/", "", ""));
        broken[16] = 1;
        File.WriteAllBytes(_directory["flight_worker-2_00000001.bin"], broken);
        foreach (var name in (string[])["counter_worker-2.db", "counter_worker-2.db.corrupt"]) Directory.CreateDirectory(_directory[name]);
        WriteFlight("00000002", new FlightRequest(FlightState.Running, 0, _now, "GET", "/", "", ""));
        WriteExit("signal");

        _accountant.Account();

        Assert.Equal(1, _aggregator.Read().Samples[LostToSignal]);
        Assert.Contains("counter_worker-2.db", _log.Messages[0], StringComparison.Ordinal);
    }

    [Fact]
    public void An_incident_that_cannot_be_stored_is_no_fault_of_the_accounting()
    {
        // As on a read-only file system.
        File.Delete(_directory["slots.lock"]);
        Directory.CreateDirectory(_directory["slots.lock"]);
        _accountant.Incidents.Add(Incident.OfReload(TimeProvider.System, ReloadCauses.Gunicorn));

        Assert.Null(_accountant.Account());
        Assert.Null(_accountant.Account());
        Assert.StartsWith("stacks or incidents are not stored", Assert.Single(_log.Messages), StringComparison.Ordinal);
        Assert.Single(_accountant.Incidents.Read());
    }

    private static bool IsLost(string line) => line.StartsWith("request lost ", StringComparison.Ordinal);

    private (StoreAggregator Aggregator, DeathAccountant Accountant) Start()
    {
        var aggregator = new StoreAggregator(_directory.Path, _log);
        // The first look finds what died before: its time of death is not known.
        aggregator.Flights.Refresh();
        return (aggregator, new DeathAccountant(_directory.Path, aggregator.Flights, 50, _log));
    }

    private void AccountUntilGone(string path, TimeSpan? longest = null)
    {
        var end = MonotonicClock.Seconds() + (longest?.TotalSeconds ?? 10);
        while (File.Exists(path) && MonotonicClock.Seconds() < end)
        {
            _accountant.Account();
            Thread.Sleep(100);
        }
    }

    private string WriteFlight(string suffix, params FlightRequest[] requests)
    {
        var path = _directory[$"flight_worker-1_{suffix}.bin"];
        var last = requests.Length == 0 ? _now : requests.Max(request => request.Started);
        File.WriteAllBytes(path, FlightImage.Bytes(Pid, requests.Length, 100, last, requests));
        return path;
    }

    private void WriteExit(string reason, int pid = Pid, double seconds = 0)
    {
        var time = (MonotonicClock.Seconds() + seconds).ToString(System.Globalization.CultureInfo.InvariantCulture);
        File.AppendAllText(
            _directory["master-1.exits"],
            $$"""{"pid": {{pid}}, "reason": "{{reason}}", "signal": 9, "exit_code": null, "monotonic": {{time}}}{{"\n"}}""");
    }
}

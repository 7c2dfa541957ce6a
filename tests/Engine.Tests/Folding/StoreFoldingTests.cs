using System.Diagnostics;
using System.Runtime.Versioning;
using CsCheck;
using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Engine.Tests.Aggregation;
using GunicornPrometheusExporter.Engine.Tests.Differential;
using GunicornPrometheusExporter.Engine.Tests.Master;
using GunicornPrometheusExporter.Engine.Tests.Files;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Folding;
using GunicornPrometheusExporter.Master;
using GunicornPrometheusExporter.Native;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Folding;

public sealed class StoreFoldingTests : IDisposable
{
    // No process has so large a pid.
    private const int Dead = 900_000_000;

    private readonly TemporaryDirectory _directory = new();
    private readonly MessageList _log = new();
    private readonly StoreFolding _folding;

    public StoreFoldingTests() => _folding = new StoreFolding(_directory.Path, _log);

    public void Dispose()
    {
        _folding.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void Files_of_dead_processes_become_one_for_each_type_and_mode()
    {
        for (var pid = Dead; pid < Dead + 600; pid++)
        {
            Write($"counter_{pid}.db", TestEntry.Of("c", "c_total", [("pid", $"{pid % 3}")], 1));
            Write($"gauge_min_{pid}.db", Gauge("least", pid - Dead + 5));
            Write($"gauge_max_{pid}.db", Gauge("most", pid - Dead));
        }

        _folding.Fold();

        Assert.Equal(["counter_archive.db", "gauge_max_archive.db", "gauge_min_archive.db", "slots.lock"], Names());
        var samples = Scraped.Once(_directory.Path).Samples;
        Assert.Equal(
            [200, 200, 200, 5, 599],
            [samples["c_total{pid=0}"], samples["c_total{pid=1}"], samples["c_total{pid=2}"], samples["least{}"], samples["most{}"]]);
        Assert.Equal(9, _folding.Compactions);
        Assert.Empty(_log.Messages);
    }

    [Fact]
    public void What_a_scrape_shows_is_the_same_to_the_last_bit_before_and_after() =>
        RandomStore.Any.Select(store => store.WithoutTies()).Select(Gen.Int[0, 4]).ForAll(
            (store, alive) =>
            {
                using var directory = new TemporaryDirectory();
                using var aggregator = new StoreAggregator(directory.Path, NullLogger.Instance);
                store.From(Dead).Write(directory.Path);
                var living = Directory.GetFiles(directory.Path, $"counter_{Dead + (alive * 37)}.db")
                    .Select(path => File.Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite)).ToList();
                var before = Merged(aggregator);

                using var folding = new StoreFolding(directory.Path, _log);
                folding.Fold();

                Assert.Equal(before, Merged(aggregator));
                Assert.Equal(before, Merged(new StoreAggregator(directory.Path, NullLogger.Instance)));
                living.ForEach(file => file.Dispose());
                // A process that a test beside this one forks has every file open until it executes its program.
                for (var pass = 0; pass < 100 && NotFolded(directory.Path).Any(); pass++)
                {
                    Thread.Sleep(10);
                    folding.Fold();
                }
                Assert.Equal(before, Merged(aggregator));
                Assert.Empty(NotFolded(directory.Path));
            },
            count: 150);

    private static IEnumerable<string> NotFolded(string directory) =>
        Directory.GetFiles(directory, "*_9*.db").Where(path => !path.Contains("_all_", StringComparison.Ordinal));

    [Fact]
    public void A_sum_does_not_depend_on_how_often_and_in_which_order_its_files_were_folded()
    {
        double[] values = [0.1, 1e16, .. Enumerable.Repeat(0.7, 8)];
        for (var i = 0; i < values.Length; i++) Write($"counter_{Dead + i}.db", TestEntry.Of("c", "c_total", [], values[i]));
        using var aggregator = new StoreAggregator(_directory.Path, _log);
        for (var dead = 1; dead <= values.Length; dead++)
        {
            var living = Enumerable.Range(dead, values.Length - dead).Select(i => $"counter_{Dead + i}.db").ToList();
            var files = living.Select(OpenForWriting).ToList();
            _folding.Fold();
            files.ForEach(file => file.Dispose());
            living.ForEach(name => TestFile.WaitUntilClosed(_directory[name]));
            Assert.Equal(1e16 + 6, aggregator.Read().Samples["c_total{}"]);
        }
        Assert.Equal(["counter_archive.db", "slots.lock"], Names());
    }

    [Fact]
    public void A_file_that_some_process_has_open_for_writing_is_left_alone()
    {
        Write($"counter_{Dead}.db", TestEntry.Of("c", "c_total", [], 1));
        Write($"counter_{Dead + 1}.db", TestEntry.Of("c", "c_total", [], 2));
        // Whatever its pid says: that may be one of another namespace.
        new PidRecord(_directory.Path).Renew();
        File.SetLastWriteTimeUtc(_directory["pids.json"], DateTime.UtcNow.AddHours(-1));
        using (OpenForWriting($"counter_{Dead}.db"))
        {
            _folding.Fold();
            Assert.Equal([$"counter_{Dead}.db", "counter_archive.db", "pids.json", "slots.lock"], Names());
        }
        TestFile.WaitUntilClosed(_directory[$"counter_{Dead}.db"]);
        _folding.Fold();
        Assert.Equal(["counter_archive.db", "pids.json", "slots.lock"], Names());
        Assert.Equal(3, Scraped.Once(_directory.Path).Samples["c_total{}"]);
    }

    [Fact]
    public void A_process_in_another_PID_namespace_is_known_to_live_and_to_be_dead()
    {
        const string script = """
            import sys, prometheus_client
            prometheus_client.Counter("c", "Counted").inc(7)
            print("counted", flush=True)
            sys.stdin.read()
            """;
        Assert.SkipUnless(CanUnshare(), "this machine allows no PID namespace (unshare --pid)");
        using var process = Process.Start(new ProcessStartInfo(
            "unshare", ["--pid", "--fork", "--kill-child", "/usr/bin/python3", "-c", script])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment = { ["PROMETHEUS_MULTIPROC_DIR"] = _directory.Path },
        })!;
        Assert.Equal("counted", process.StandardOutput.ReadLine());

        _folding.Fold();
        Assert.Equal(["counter_1.db"], Names().Where(name => name.EndsWith(".db", StringComparison.Ordinal)));

        process.StandardInput.Close();
        process.WaitForExit();
        _folding.Fold();
        Assert.Equal(["counter_archive.db", "slots.lock"], Names());
        Assert.Equal(7, Scraped.Once(_directory.Path).Samples["c_total{}"]);
    }

    [Fact]
    public void Gauges_that_count_only_while_their_process_lives_go_with_it()
    {
        Write($"gauge_livesum_{Dead}.db", Gauge("g", 1));
        Write($"gauge_liveall_{Dead}.db", Gauge("h", 1));
        Write($"gauge_livemax_{Dead + 1}.db", Gauge("i", 1));
        using var living = OpenForWriting($"gauge_livemax_{Dead + 1}.db");

        _folding.Fold();

        Assert.Equal([$"gauge_livemax_{Dead + 1}.db", "slots.lock"], Names());
    }

    [Fact]
    public void Of_gauges_that_name_their_process_those_of_the_processes_that_exited_last_stay()
    {
        for (var i = 0; i < 300; i++)
        {
            Write($"gauge_all_{Dead + i}.db", Gauge("g", i));
            File.SetLastWriteTimeUtc(_directory[$"gauge_all_{Dead + i}.db"], DateTime.UnixEpoch.AddDays(20_000).AddSeconds(i));
        }
        using var living = OpenForWriting($"gauge_all_{Dead}.db");
        _folding.MaximumDeadGauges = 2;

        _folding.Fold();

        Assert.Equal([$"gauge_all_{Dead}.db", $"gauge_all_{Dead + 298}.db", $"gauge_all_{Dead + 299}.db", "slots.lock"], Names());
        _folding.MaximumDeadGauges = 0;
        _folding.Fold();
        Assert.Equal([$"gauge_all_{Dead}.db", "slots.lock"], Names());
    }

    [Theory]
    [InlineData("gauge_all_900000000.db")]
    [InlineData("gauge_newest_900000000.db")]
    [InlineData("counter_web_app_1.db")]
    [InlineData("counter_worker-1.db")]
    [InlineData("gauge_livemax_worker-1.db")]
    [InlineData("counter_process-1.db")]
    [InlineData("counter_0.db")]
    [InlineData("other_900000000.db")]
    [InlineData("counter_900000000.db.corrupt")]
    public void A_file_that_is_no_dead_process_s_or_in_which_the_process_is_the_meaning_stays(string name)
    {
        Write(name, Gauge("g", 1));
        _folding.Fold();
        Assert.Equal([name], Names());
    }

    [Theory]
    [InlineData(EntryLayout.ValueOnly, EntryLayout.Timestamped)]
    [InlineData(EntryLayout.Timestamped, EntryLayout.ValueOnly)]
    internal void An_archive_has_the_layout_that_was_written_last(EntryLayout older, EntryLayout newer)
    {
        TestFile.Write(_directory[$"counter_{Dead}.db"], older, TestEntry.Of("c", "c_total", [], 1), TestEntry.Of("d", "d_total", [], 1));
        _folding.Fold();
        TestFile.Write(_directory[$"counter_{Dead + 1}.db"], older, TestEntry.Of("c", "c_total", [], 2));
        TestFile.Write(_directory[$"counter_{Dead + 2}.db"], newer, TestEntry.Of("c", "c_total", [], 4));
        TestFile.Write(_directory[$"counter_{Dead + 3}.db"], older);
        File.SetLastWriteTimeUtc(_directory[$"counter_{Dead + 1}.db"], DateTime.UtcNow.AddMinutes(-2));
        File.SetLastWriteTimeUtc(_directory[$"counter_{Dead + 2}.db"], DateTime.UtcNow.AddMinutes(-1));

        _folding.Fold();

        Assert.Equal(newer, EntryWalk.LayoutOf(File.ReadAllBytes(_directory["counter_archive.db"])));
        Assert.Equal(7, Scraped.Once(_directory.Path).Samples["c_total{}"]);
    }

    [Fact]
    public void The_most_recent_value_keeps_its_time()
    {
        TestFile.Write(_directory[$"gauge_mostrecent_{Dead}.db"], EntryLayout.Timestamped, Gauge("g", 1, 300));
        TestFile.Write(_directory[$"gauge_mostrecent_{Dead + 1}.db"], EntryLayout.Timestamped, Gauge("g", 2, 100));
        _folding.Fold();
        Write($"gauge_mostrecent_{Dead + 2}.db", Gauge("g", 3, 200));
        Assert.Equal(1, Scraped.Once(_directory.Path).Samples["g{}"]);
        _folding.Fold();
        Write($"gauge_mostrecent_{Dead + 3}.db", Gauge("g", 4, 400));
        Assert.Equal(4, Scraped.Once(_directory.Path).Samples["g{}"]);
    }

    [Fact]
    public void Damaged_files_are_quarantined_and_all_others_are_folded()
    {
        Write($"counter_{Dead}.db", TestEntry.Of("c", "c_total", [], 1));
        Write($"counter_{Dead + 1}.db", new TestEntry("[\"no\", \"key\"]", 5));
        File.WriteAllText(_directory[$"counter_{Dead + 2}.db"], "no store file, but long enough to be one");
        File.WriteAllBytes(_directory[$"counter_{Dead + 3}.db"], []);
        Directory.CreateDirectory(_directory[$"counter_{Dead + 4}.db"]);
        File.CreateSymbolicLink(_directory[$"counter_{Dead + 5}.db"], _directory[$"counter_{Dead}.db"]);

        _folding.Fold();
        _folding.Fold();

        Assert.Equal(
            [$"counter_{Dead + 1}.db.corrupt", $"counter_{Dead + 2}.db.corrupt", $"counter_{Dead + 5}.db", "counter_archive.db", "slots.lock"],
            Names());
        // What is no regular file stays, and each scrape reports it.
        var samples = Scraped.Once(_directory.Path).Samples;
        Assert.Equal((1, 2), (samples["c_total{}"], samples["gunicorn_exporter_corrupt_files_total{}"]));
        Assert.Equal(2, _log.Messages.Count);
    }

    [Fact]
    public void A_damaged_archive_is_told_once_and_left_and_other_types_are_folded()
    {
        File.WriteAllText(_directory["counter_archive.db"], "no store file, but long enough to be one");
        Write($"counter_{Dead}.db", TestEntry.Of("c", "c_total", [], 1));
        Write($"summary_{Dead}.db", TestEntry.Of("s", "s_sum", [], 1));

        _folding.Fold();
        _folding.Fold();

        Assert.Contains(_directory["counter_archive.db"], Assert.Single(_log.Messages), StringComparison.Ordinal);
        Assert.Equal([$"counter_{Dead}.db", "counter_archive.db", "slots.lock", "summary_archive.db"], Names());
        Assert.Equal(1, Scraped.Once(_directory.Path).Samples["c_total{}"]);
    }

    [Fact]
    public void While_another_process_prepares_or_folds_the_store_nothing_is_touched()
    {
        Write($"counter_{Dead}.db", TestEntry.Of("c", "c_total", [], 1));
        using (new SlotHolder(_directory.Path, SlotKind.Master, 0))
        {
            _folding.Fold();
            Assert.True(File.Exists(_directory[$"counter_{Dead}.db"]));
        }
        _folding.Fold();
        Assert.False(File.Exists(_directory[$"counter_{Dead}.db"]));
    }

    [Fact, SupportedOSPlatform("linux")]
    public void Who_could_read_the_files_can_read_the_archive()
    {
        Write($"counter_{Dead}.db", TestEntry.Of("c", "c_total", [], 1));
        File.SetUnixFileMode(_directory[$"counter_{Dead}.db"], (UnixFileMode)0x1A4);
        TemporaryDirectory.Give(_directory[$"counter_{Dead}.db"], 65534);

        _folding.Fold();

        Assert.Equal((UnixFileMode)0x1A4, File.GetUnixFileMode(_directory["counter_archive.db"]));
        Assert.True(Libc.TryGetStatus(_directory["counter_archive.db"], out var status));
        Assert.Equal((65534u, 65534u), (status.Owner, status.Group));
    }

    [Fact]
    public void A_scrape_during_folds_counts_everything_once()
    {
        using var aggregator = new StoreAggregator(_directory.Path, NullLogger.Instance);
        using var end = new CancellationTokenSource();
        var total = 0;
        var folder = new Thread(() =>
        {
            while (!end.IsCancellationRequested) _folding.Fold();
        });
        folder.Start();
        try
        {
            for (var pid = Dead; pid < Dead + 1500; pid++)
            {
                Write($".new", TestEntry.Of("c", "c_total", [("n", $"{pid % 50}")], 1), TestEntry.Of("d", "d_total", [], 1));
                File.Move(_directory[".new"], _directory[$"counter_{pid}.db"]);
                total++;
                if (pid % 3 == 0) Assert.Equal(total, aggregator.Read().Samples["d_total{}"]);
            }
        }
        finally
        {
            end.Cancel();
            folder.Join();
        }
        Assert.True(_folding.Compactions > 10, $"{_folding.Compactions} folds are too few to have met a scrape");
        Assert.Equal(30, aggregator.Read().Samples["c_total{n=7}"]);
    }

    [Fact]
    public void A_store_that_is_missing_has_nothing_to_fold()
    {
        using var folding = new StoreFolding(_directory["missing"], _log);
        folding.Fold();
        Assert.Empty(_log.Messages);
        Assert.Empty(Names());
    }

    private static SortedDictionary<string, double> Merged(StoreAggregator aggregator) => new(
        aggregator.Read().Samples
            .Where(sample => !sample.Key.StartsWith("gunicorn_", StringComparison.Ordinal)
                && !sample.Key.StartsWith("process_", StringComparison.Ordinal)
                && !sample.Key.StartsWith("gauge_live", StringComparison.Ordinal))
            .ToDictionary(),
        StringComparer.Ordinal);

    private static bool CanUnshare()
    {
        using var process = Process.Start("unshare", ["--pid", "--fork", "true"]);
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    private IEnumerable<string> Names() =>
        Directory.GetFiles(_directory.Path).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    private FileStream OpenForWriting(string name) =>
        File.Open(_directory[name], FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);

    private void Write(string name, params TestEntry[] entries)
    {
        TestFile.Write(_directory[name], EntryLayout.Timestamped, entries);
        TestFile.WaitUntilClosed(_directory[name]);
    }

    private static TestEntry Gauge(string name, double value, double timestamp = 1) =>
        TestEntry.Of(name, name, [], value, timestamp);
}

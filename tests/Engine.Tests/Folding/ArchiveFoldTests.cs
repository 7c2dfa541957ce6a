using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Engine.Tests.Aggregation;
using GunicornPrometheusExporter.Engine.Tests.Files;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Folding;
using GunicornPrometheusExporter.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Folding;

/// <summary>A fold that ends after any of its steps, as a killed process's does.</summary>
public sealed class ArchiveFoldTests : IDisposable
{
    private static readonly StoreFileName Counters = new(MetricType.Counter, GaugeMode.All, false, "archive");

    private readonly TemporaryDirectory _directory = new();

    public ArchiveFoldTests()
    {
        Write("counter_archive.db", 1);
        Write("counter_900000001.db", 2);
        Write("counter_900000002.db", 4);
        Write("counter_900000003.db", 8);
    }

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(0, 4)]
    [InlineData(1, 4)]
    [InlineData(2, 2)]
    [InlineData(3, 2)]
    [InlineData(4, 2)]
    public void Whatever_step_a_fold_ends_after_every_value_counts_once(int steps, int filesRead)
    {
        using var aggregator = new StoreAggregator(_directory.Path, NullLogger.Instance);
        Assert.Equal(15, aggregator.Read().Samples["c_total{}"]);

        Fold(steps, "counter_900000001.db", "counter_900000002.db");

        foreach (var exposition in new[] { aggregator.Read(), Scraped.Once(_directory.Path) })
        {
            Assert.Equal(15, exposition.Samples["c_total{}"]);
            Assert.Equal(filesRead, exposition.Samples["gunicorn_exporter_store_files{}"]);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void The_next_fold_ends_what_was_begun(int steps)
    {
        Fold(steps, "counter_900000001.db", "counter_900000002.db");

        using var folding = new StoreFolding(_directory.Path, NullLogger.Instance);
        folding.Fold();

        Assert.Equal(["counter_archive.db", "slots.lock"], Names());
        Assert.Equal(15, Scraped.Once(_directory.Path).Samples["c_total{}"]);
        AssertNoNames();
    }

    [Fact]
    public void An_archive_that_is_whole_has_nothing_behind_its_entries()
    {
        Fold(4, "counter_900000001.db");
        AssertNoNames();
    }

    [Fact]
    public void A_fold_that_ended_before_it_counted_leaves_no_trace_in_the_next()
    {
        Fold(1, "counter_900000001.db");
        Write("counter_900000001.db", 32);
        Fold(4, "counter_900000001.db");
        Assert.Equal(45, Scraped.Once(_directory.Path).Samples["c_total{}"]);
    }

    [Fact]
    public void A_file_of_a_process_that_got_the_pid_again_counts_from_the_next_fold_on()
    {
        Fold(3, "counter_900000001.db");
        Write("counter_900000001.db", 16);
        using var process = File.Open(_directory["counter_900000001.db"], FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);

        new Archive(_directory.Path, Counters).Recover();

        Assert.Equal(31, Scraped.Once(_directory.Path).Samples["c_total{}"]);
    }

    [Fact]
    public void A_file_of_a_process_that_got_the_pid_again_counts_though_the_clock_was_set_back_since()
    {
        Fold(3, "counter_900000001.db");
        Write("counter_900000001.db", 16);
        File.SetLastWriteTimeUtc(_directory["counter_900000001.db"], DateTime.UtcNow.AddHours(-1));

        new Archive(_directory.Path, Counters).Recover();

        Assert.Equal(31, Scraped.Once(_directory.Path).Samples["c_total{}"]);
    }

    [Fact]
    public void A_folded_file_is_removed_though_the_clock_was_set_back_during_the_fold()
    {
        File.SetLastWriteTimeUtc(_directory["counter_900000001.db"], DateTime.UtcNow.AddHours(1));
        Fold(2, "counter_900000001.db");

        new Archive(_directory.Path, Counters).Recover();

        Assert.False(File.Exists(_directory["counter_900000001.db"]));
        Assert.Equal(15, Scraped.Once(_directory.Path).Samples["c_total{}"]);
    }

    [Fact]
    public void Names_that_are_cut_off_within_a_step_of_the_clock_are_forgotten()
    {
        using var aggregator = new StoreAggregator(_directory.Path, NullLogger.Instance);
        Fold(3, "counter_900000001.db");
        var time = DateTime.UtcNow.AddSeconds(-1);
        File.SetLastWriteTimeUtc(_directory["counter_archive.db"], time);
        Assert.Equal(15, aggregator.Read().Samples["c_total{}"]);
        new Archive(_directory.Path, Counters).Recover();
        File.SetLastWriteTimeUtc(_directory["counter_archive.db"], time);

        Write("counter_900000001.db", 16);

        Assert.Equal(31, aggregator.Read().Samples["c_total{}"]);
    }

    [Fact]
    public void A_folded_file_that_cannot_be_looked_at_keeps_its_name_in_the_archive()
    {
        Fold(2, "counter_900000001.db");
        File.Delete(_directory["counter_900000001.db"]);
        Directory.CreateDirectory(_directory["counter_900000001.db"]);

        var failure = Assert.Throws<StoreException>(() => new Archive(_directory.Path, Counters).Recover());
        Assert.Contains(_directory["counter_900000001.db"], failure.Message, StringComparison.Ordinal);

        Directory.Delete(_directory["counter_900000001.db"]);
        Write("counter_900000001.db", 2);
        Assert.Equal(15, Scraped.Once(_directory.Path).Samples["c_total{}"]);
    }

    [Fact]
    public async Task A_file_that_somebody_opens_for_writing_is_not_folded()
    {
        var file = Take("counter_900000001.db");
        using (var fold = new ArchiveFold(new Archive(_directory.Path, Counters), [file], new()))
        {
            Assert.True(fold.Write());
            var opening = Task.Run(() => File.OpenHandle(file.Path, access: FileAccess.ReadWrite, share: FileShare.ReadWrite).Dispose());
            Assert.True(SpinWait.SpinUntil(() => !file.IsUndisturbed(), TimeSpan.FromSeconds(30)), "nobody waits for the file");

            Assert.False(fold.Commit());

            fold.Dispose();
            await opening;
        }
        Assert.Equal(15, Scraped.Once(_directory.Path).Samples["c_total{}"]);
    }

    [Fact]
    public void A_link_in_the_place_of_an_archive_is_neither_followed_nor_replaced()
    {
        File.Delete(_directory["counter_archive.db"]);
        File.WriteAllText(_directory["precious"], "precious");
        File.CreateSymbolicLink(_directory["counter_archive.db"], _directory["precious"]);

        Assert.Throws<StoreException>(() => Fold(1, "counter_900000001.db"));

        Assert.Equal("precious", File.ReadAllText(_directory["precious"]));
        Assert.NotNull(File.ResolveLinkTarget(_directory["counter_archive.db"], returnFinalTarget: false));
        Assert.True(File.Exists(_directory["counter_900000001.db"]));
    }

    private void Fold(int steps, params string[] names)
    {
        if (steps == 0) return;
        using var fold = new ArchiveFold(new Archive(_directory.Path, Counters), names.Select(Take), new());
        if (fold.Write() && steps > 1)
        {
            Assert.True(fold.Commit());
            if (steps > 2) fold.Remove();
            if (steps > 3) fold.Finish();
        }
    }

    private LeasedFile Take(string name) => LeasedFile.TryTake(_directory[name], out _)!;

    private void AssertNoNames()
    {
        var bytes = File.ReadAllBytes(_directory["counter_archive.db"]);
        Assert.True(EntryWalk.TryGetUsed(bytes, bytes.Length, out var used));
        Assert.Equal(bytes.Length, used);
    }

    private IEnumerable<string> Names() =>
        Directory.GetFiles(_directory.Path).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    private void Write(string name, double value)
    {
        TestFile.Write(_directory[name], EntryLayout.ValueOnly, TestEntry.Of("c", "c_total", [], value));
        TestFile.WaitUntilClosed(_directory[name]);
    }
}

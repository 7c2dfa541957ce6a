using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Engine.Tests.Aggregation;
using GunicornPrometheusExporter.Engine.Tests.Files;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Folding;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Folding;

public sealed class DamagedFilesTests : IDisposable
{
    private const string Corrupt = "gunicorn_exporter_corrupt_files_total{}";

    // No process has so large a pid.
    private const int Dead = 900_000_000;

    private readonly TemporaryDirectory _directory = new();
    private readonly MessageList _log = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_dead_file_that_claims_two_gigabytes_is_quarantined_and_the_others_are_folded()
    {
        Write($"counter_{Dead}.db", 1);
        WriteGiant($"counter_{Dead + 1}.db", 2L << 30, 0x7FFF_FFF8);
        Write($"counter_{Dead + 2}.db", 4);
        using var folding = new StoreFolding(_directory.Path, _log);

        folding.Fold();

        Assert.Equal([$"counter_{Dead + 1}.db.corrupt", "counter_archive.db", "slots.lock"], Names());
        Assert.Equal(5, Scraped.Once(_directory.Path).Samples["c_total{}"]);
        Assert.Contains($"counter_{Dead + 1}.db.corrupt", Assert.Single(_log.Messages), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0x7FFF_FFF8)]
    [InlineData(4096)]
    [InlineData(-8)]
    public void A_damaged_archive_of_three_gigabytes_keeps_nothing_else_from_being_served_and_folded(int used)
    {
        WriteGiant("counter_archive.db", 3L << 30, used);
        Write($"counter_{Dead}.db", 1);
        TestFile.Write(_directory[$"summary_{Dead}.db"], EntryLayout.Timestamped, TestEntry.Of("s", "s_sum", [], 2));
        using var folding = new StoreFolding(_directory.Path, _log);
        using var aggregator = new StoreAggregator(_directory.Path, _log);

        folding.Fold();

        var samples = aggregator.Read().Samples;
        Assert.Equal((1, 2, 1), (samples["c_total{}"], samples["s_sum{}"], samples[Corrupt]));
        Assert.Equal([$"counter_{Dead}.db", "counter_archive.db", "slots.lock", "summary_archive.db"], Names());
        Assert.Contains(_log.Messages, message => message.Contains("remove it", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("directory")]
    [InlineData("link")]
    [InlineData("FIFO")]
    public void What_is_no_file_at_the_path_of_an_archive_is_a_fault_with_a_remedy_until_it_is_removed(string kind)
    {
        var archive = _directory["counter_archive.db"];
        IrregularFile.Make(archive, kind);
        Write($"counter_{Dead}.db", 1);
        using var folding = new StoreFolding(_directory.Path, _log);

        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(
                $"{archive} is not a regular file; remove it so that files of dead processes are compacted again", folding.Fold());
        }

        Assert.Equal(1, Scraped.Once(_directory.Path).Samples["c_total{}"]);
        Assert.DoesNotContain(Directory.GetFileSystemEntries(_directory.Path), path => path.EndsWith(".new", StringComparison.Ordinal));
        Assert.Single(_log.Messages);
        IrregularFile.Remove(archive);
        Assert.Null(folding.Fold());
        Assert.Equal(["counter_archive.db", "slots.lock"], Names());
        Assert.Equal(1, Scraped.Once(_directory.Path).Samples["c_total{}"]);
    }

    [Fact]
    public void A_directory_where_an_archive_is_written_is_kept_aside()
    {
        Directory.CreateDirectory(_directory["counter_archive.db.new"]);
        Write($"counter_{Dead}.db", 1);
        using var folding = new StoreFolding(_directory.Path, _log);

        Assert.Null(folding.Fold());

        Assert.True(Directory.Exists(_directory["counter_archive.db.new.corrupt"]));
        Assert.Equal(1, Scraped.Once(_directory.Path).Samples["c_total{}"]);
    }

    [Theory]
    [InlineData("gauge_all_900000000.db", -8)]
    [InlineData("gauge_all_900000000.db", int.MinValue)]
    [InlineData("gauge_all_900000000.db", 4096)]
    [InlineData("counter_900000000.db", -8)]
    [InlineData("counter_900000000.db", int.MinValue)]
    [InlineData("counter_cron-job.db", -8)]
    public void A_damaged_file_of_a_dead_process_is_quarantined_whatever_its_kind(string name, int used)
    {
        WriteGiant(name, 1 << 20, used);
        using var aggregator = new StoreAggregator(_directory.Path, _log);
        using var folding = new StoreFolding(_directory.Path, _log, aggregator.Damaged);

        Assert.Equal(1, aggregator.Read().Samples[Corrupt]);
        Assert.Null(folding.Fold());

        Assert.Equal([name + ".corrupt", "slots.lock"], Names());
        Assert.Equal(1, aggregator.Read().Samples[Corrupt]);
        using var next = new StoreAggregator(_directory.Path, _log);
        Assert.Equal(0, next.Read().Samples[Corrupt]);
    }

    [Fact]
    public void A_damaged_file_that_its_process_has_open_stays()
    {
        WriteGiant("gauge_all_900000000.db", 1 << 20, -8);
        using var aggregator = new StoreAggregator(_directory.Path, _log);
        using var folding = new StoreFolding(_directory.Path, _log, aggregator.Damaged);
        aggregator.Read();
        using (new FileStream(_directory["gauge_all_900000000.db"], FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete))
        {
            folding.Fold();
        }

        Assert.Contains("gauge_all_900000000.db", Names());
    }

    [Fact]
    public void A_dead_file_that_the_disk_does_not_give_back_stays_and_the_others_are_folded()
    {
        Write($"counter_{Dead}.db", 1);
        Write($"counter_{Dead + 1}.db", 2);
        Write($"counter_{Dead + 2}.db", 4);
        using var folding = new StoreFolding(_directory.Path, _log);
        using (new BrokenDisk(_directory[$"counter_{Dead + 1}.db"]))
        {
            folding.Fold();
            Assert.Equal([$"counter_{Dead + 1}.db", "counter_archive.db", "slots.lock"], Names());
            folding.Fold();
            Assert.Contains($"counter_{Dead + 1}.db cannot be read", Assert.Single(_log.Messages), StringComparison.Ordinal);
        }

        folding.Fold();

        Assert.Equal(["counter_archive.db", "slots.lock"], Names());
        Assert.Equal(7, Scraped.Once(_directory.Path).Samples["c_total{}"]);
    }

    [Fact]
    public void An_archive_that_the_disk_does_not_give_back_keeps_nothing_else_from_being_served()
    {
        Write("counter_archive.db", 8);
        Write($"counter_{Dead}.db", 1);
        using var aggregator = new StoreAggregator(_directory.Path, _log);
        using var broken = new BrokenDisk(_directory["counter_archive.db"]);

        var samples = aggregator.Read().Samples;

        Assert.Equal(1, samples["c_total{}"]);
    }

    private IEnumerable<string> Names() =>
        Directory.GetFiles(_directory.Path).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    private void Write(string name, double value)
    {
        TestFile.Write(_directory[name], EntryLayout.Timestamped, TestEntry.Of("c", "c_total", [], value));
        TestFile.WaitUntilClosed(_directory[name]);
    }

    /// <summary>Writes a file that has a header and takes no room on the disk.</summary>
    private void WriteGiant(string name, long size, int used)
    {
        using var file = File.Create(_directory[name]);
        file.Write(BitConverter.GetBytes(used));
        file.SetLength(size);
    }
}

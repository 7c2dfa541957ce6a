using System.Diagnostics;
using System.Runtime.Versioning;
using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Engine.Tests.Files;
using GunicornPrometheusExporter.Files;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Aggregation;

public sealed class FaultyFilesTests : IDisposable
{
    private const string Corrupt = "gunicorn_exporter_corrupt_files_total{}";

    private static readonly TestEntry Good = TestEntry.Of("good", "good_total", [], 5);

    private readonly TemporaryDirectory _directory = new();
    private readonly MessageList _log = new();
    private readonly StoreAggregator _aggregator;

    public FaultyFilesTests()
    {
        _aggregator = new StoreAggregator(_directory.Path, _log);
        TestFile.Write(_directory["counter_1.db"], EntryLayout.ValueOnly, Good);
        TestFile.Write(_directory["counter_9.db"], EntryLayout.Timestamped, Good);
    }

    public void Dispose()
    {
        _aggregator.Dispose();
        _directory.Dispose();
    }

    public static TheoryData<string, Action<string>> Faults { get; } = new()
    {
        { "counter_5.db", path => File.WriteAllBytes(path, TestFile.Bytes(EntryLayout.ValueOnly, Good)[..^3]) },
        { "counter_5.db", path => File.WriteAllText(path, "no store file, but long enough to be one") },
        { "counter_5.db", path => Directory.CreateDirectory(path) },
        { "counter_5.db", path => Process.Start("mkfifo", [path]).WaitForExit() },
        { "counter_5.db", path => File.CreateSymbolicLink(path, Path.Combine(Path.GetDirectoryName(path)!, "counter_1.db")) },
        { "counter_5.db", path => File.CreateSymbolicLink(path, "/nowhere") },
        { "x.db", path => Directory.CreateDirectory(path) },
        { "x.db", path => File.WriteAllBytes(path, TestFile.Bytes(EntryLayout.ValueOnly, Good)) },
    };

    [Theory, MemberData(nameof(Faults))]
    public void A_corrupt_file_is_skipped_counted_and_told_once_and_all_others_are_served(string name, Action<string> make)
    {
        make(_directory[name]);
        for (var scrape = 0; scrape < 3; scrape++)
        {
            var exposition = _aggregator.Read();
            Assert.Equal(10, exposition.Samples["good_total{}"]);
            Assert.Equal(1, exposition.Samples[Corrupt]);
            Assert.Equal(2, exposition.Samples["gunicorn_exporter_store_files{}"]);
        }
        Assert.Contains(_directory[name], Assert.Single(_log.Messages), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_whole_again_is_served_and_counted_anew_when_it_is_damaged_anew()
    {
        var path = _directory["counter_5.db"];
        for (var times = 1; times <= 3; times++)
        {
            File.WriteAllText(path, "damaged beyond recognition");
            Assert.Equal(10, _aggregator.Read().Samples["good_total{}"]);
            TestFile.Write(path, EntryLayout.ValueOnly, Good, TestEntry.Of("new", "new_total", [], 1));
            var exposition = _aggregator.Read();
            Assert.Equal(15, exposition.Samples["good_total{}"]);
            Assert.Equal(1, exposition.Samples["new_total{}"]);
            Assert.Equal(times, exposition.Samples[Corrupt]);
        }
    }

    [Fact]
    public void An_empty_file_and_a_file_that_was_just_made_are_not_corrupt()
    {
        File.WriteAllBytes(_directory["counter_5.db"], []);
        File.WriteAllBytes(_directory["counter_6.db"], new byte[1 << 16]);
        var exposition = _aggregator.Read();
        Assert.Equal(0, exposition.Samples[Corrupt]);
        Assert.Equal(4, exposition.Samples["gunicorn_exporter_store_files{}"]);
        Assert.Empty(_log.Messages);
    }

    [Fact]
    public void A_file_that_was_emptied_has_no_values_until_it_is_filled_again()
    {
        for (var times = 0; times < 3; times++)
        {
            Assert.Equal(10, _aggregator.Read().Samples["good_total{}"]);
            File.WriteAllBytes(_directory["counter_9.db"], []);
            Assert.Equal(5, _aggregator.Read().Samples["good_total{}"]);
            TestFile.Write(_directory["counter_9.db"], EntryLayout.Timestamped, Good);
        }
    }

    [Fact]
    public void A_file_that_goes_takes_its_values_along()
    {
        Assert.Equal(10, _aggregator.Read().Samples["good_total{}"]);
        File.Delete(_directory["counter_9.db"]);
        Assert.Equal(5, _aggregator.Read().Samples["good_total{}"]);
        File.Delete(_directory["counter_1.db"]);
        Assert.DoesNotContain("good_total", _aggregator.Read().Types.Keys);
    }

    [Fact]
    public void Files_of_other_kinds_are_none_of_the_stores()
    {
        File.WriteAllText(_directory["counter_5.db.new"], "being written");
        File.WriteAllText(_directory[".counter_5.db"], "hidden");
        File.WriteAllText(_directory["notes.txt"], "notes");
        Assert.Equal(0, _aggregator.Read().Samples[Corrupt]);
    }

    [Fact]
    public void A_directory_that_is_missing_comes_and_goes_without_a_word()
    {
        using var aggregator = new StoreAggregator(_directory["later"], _log);
        Assert.Equal(0, aggregator.Read().Samples["gunicorn_up{}"]);
        Directory.CreateDirectory(_directory["later"]);
        TestFile.Write(_directory["later/counter_1.db"], EntryLayout.ValueOnly, Good);
        Assert.Equal(5, aggregator.Read().Samples["good_total{}"]);
        Directory.Delete(_directory["later"], recursive: true);
        Assert.Equal(0, aggregator.Read().Samples["gunicorn_exporter_store_files{}"]);
        Assert.Empty(_log.Messages);
    }

    [Fact, SupportedOSPlatform("linux")]
    public void A_directory_that_may_not_be_listed_is_told_once_and_only_the_exporter_itself_is_served()
    {
        _ = _aggregator.Read();
        File.SetUnixFileMode(_directory.Path, UnixFileMode.None);
        using (new Unprivileged())
        {
            for (var scrape = 0; scrape < 3; scrape++)
            {
                var exposition = _aggregator.Read();
                Assert.Equal(0, exposition.Samples["gunicorn_exporter_store_files{}"]);
                Assert.DoesNotContain("good_total{}", exposition.Samples.Keys);
            }
        }
        Assert.Single(_log.Messages, message => message.Contains("cannot be listed", StringComparison.Ordinal));
        Assert.Equal(10, _aggregator.Read().Samples["good_total{}"]);
    }
}

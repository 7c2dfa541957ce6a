using System.Text;
using GunicornPrometheusExporter.Files;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Files;

public sealed class StoreFileWriterTests : IDisposable
{
    private static readonly byte[] Key = Encoding.ASCII.GetBytes("""["f", "f", {}, ""]""");

    private readonly TemporaryDirectory _directory = new();

    private string FilePath => _directory["counter_worker-1.db"];

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(EntryLayout.ValueOnly, 40, "28000000000000001200000" + "05b2266222c202266222c207b7d2c2022225d20200000000000000840")]
    [InlineData(EntryLayout.Timestamped, 48, "30000000000000001200000" + "05b2266222c202266222c207b7d2c2022225d202000000000000008400000000000000000")]
    internal void An_entry_has_exactly_the_bytes_of_the_format(EntryLayout layout, int used, string hex)
    {
        using (var writer = StoreFileWriter.Open(FilePath, layout))
        {
            writer.GetOrAdd(Key).Set(3);
            Assert.Equal(used, writer.Used);
        }
        var bytes = File.ReadAllBytes(FilePath);
        // When it was made is not the same each time: OpenMetricsTests.cs.
        bytes.AsSpan(4, 4).Clear();
        Assert.Equal(hex, Convert.ToHexStringLower(bytes.AsSpan(0, used)));
        Assert.False(bytes.AsSpan(used).ContainsAnyExcept((byte)0));
    }

    [Theory]
    [InlineData(EntryLayout.ValueOnly)]
    [InlineData(EntryLayout.Timestamped)]
    internal void A_reopened_file_goes_on_with_its_values_and_its_own_layout(EntryLayout layout)
    {
        using (var first = StoreFileWriter.Open(FilePath, layout)) first.GetOrAdd(Key).Add(41);

        using var second = StoreFileWriter.Open(FilePath, layout == EntryLayout.ValueOnly ? EntryLayout.Timestamped : EntryLayout.ValueOnly);
        second.GetOrAdd(Key).Add(1);

        Assert.Equal(layout, second.Layout);
        Assert.Equal(42, second.GetOrAdd(Key).Value);
        Assert.Equal(8 + StoreFormat.EntrySize(Key.Length, layout), second.Used);
    }

    [Fact]
    public void Cells_stay_valid_while_the_file_grows()
    {
        using var writer = StoreFileWriter.Open(FilePath, EntryLayout.Timestamped);
        var first = writer.GetOrAdd(Key);
        for (var i = 0; i < 10_000; i++) writer.GetOrAdd(NumberedKey(i)).Set(i);
        first.Set(7);

        Assert.Equal(7, writer.GetOrAdd(Key).Value);
        for (var i = 0; i < 10_000; i++) Assert.Equal(i, writer.GetOrAdd(NumberedKey(i)).Value);
    }

    [Fact]
    public void A_full_file_refuses_new_entries_and_keeps_the_old()
    {
        using var writer = StoreFileWriter.Open(FilePath, EntryLayout.Timestamped);
        var added = 0;
        while (!writer.GetOrAdd(NumberedKey(added, 60_000)).IsNone) added++;

        Assert.InRange(added, 270, 280);
        Assert.InRange(writer.Used, StoreFileWriter.MaximumSize - 70_000, StoreFileWriter.MaximumSize);
        Assert.False(writer.GetOrAdd(NumberedKey(0, 60_000)).IsNone);
    }

    [Fact]
    public void Replacing_a_file_begins_a_new_one_in_one_step()
    {
        using (var first = StoreFileWriter.Open(FilePath, EntryLayout.Timestamped)) first.GetOrAdd(Key).Set(1);
        using var second = StoreFileWriter.Replace(FilePath, EntryLayout.Timestamped);

        Assert.Equal(StoreFormat.HeaderSize, second.Used);
        Assert.Equal([FilePath], Directory.GetFiles(_directory.Path));
    }

    [Theory]
    [InlineData("used beyond the file", new byte[] { 0, 0, 0, 0x7f })]
    [InlineData("used inside the header", new byte[] { 4, 0, 0, 0 })]
    [InlineData("used not aligned", new byte[] { 13, 0, 0, 0 })]
    [InlineData("no key", new byte[] { 40, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1 })]
    public void A_damaged_file_is_refused_and_left_as_it_was(string damage, byte[] start)
    {
        File.WriteAllBytes(FilePath, start);
        var exception = Assert.Throws<CorruptFileException>(() => StoreFileWriter.Open(FilePath, EntryLayout.Timestamped));
        Assert.Contains(FilePath, exception.Message, StringComparison.Ordinal);
        Assert.True(File.ReadAllBytes(FilePath).AsSpan().StartsWith(start), damage);
    }

    [Fact]
    public void A_file_with_a_key_that_its_readers_refuse_is_refused()
    {
        TestFile.Write(FilePath, EntryLayout.Timestamped, new TestEntry("""["f", "f", {"n": 1}, ""]""", 1));
        Assert.Throws<CorruptFileException>(() => StoreFileWriter.Open(FilePath, EntryLayout.Timestamped));
    }

    [Fact]
    public void A_symbolic_link_is_not_followed()
    {
        File.WriteAllText(_directory["elsewhere"], "precious");
        File.CreateSymbolicLink(FilePath, _directory["elsewhere"]);
        Assert.Throws<CorruptFileException>(() => StoreFileWriter.Open(FilePath, EntryLayout.Timestamped));
        Assert.Equal("precious", File.ReadAllText(_directory["elsewhere"]));
    }

    private static byte[] NumberedKey(int number, int length = 20) =>
        Encoding.ASCII.GetBytes($"[\"{number}\"{new string(' ', length)}]");
}

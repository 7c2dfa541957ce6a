using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using CsCheck;
using GunicornPrometheusExporter.Files;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Files;

public sealed partial class StoreFileReaderTests : IDisposable
{
    private const string Name = "counter_1.db";

    private static readonly TestEntry A = TestEntry.Of("a", "a_total", [], 1, 10);
    private static readonly TestEntry B = TestEntry.Of("b", "b_total", [("x", "y")], 2.5, 20);
    private static readonly TestEntry C = TestEntry.Of("c", "c_total", [("x", "ü")], -3, 30);

    private readonly TemporaryDirectory _directory = new();
    private readonly ReadBuffer _buffer = new();
    private readonly List<ReadKey> _keys = [];
    private readonly Dictionary<string, int> _numbers = [];
    private readonly StoreFileReader _reader;

    public StoreFileReaderTests() => _reader = new StoreFileReader(_directory[Name], Resolve, withTimestamps: true);

    public void Dispose()
    {
        _reader.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void A_key_without_a_help_as_older_clients_write_it_is_read()
    {
        const string Key = "14000000 5b2266222c2022665f746f74616c222c207b7d5d 2020202020202020";
        Write(Convert.FromHexString($"30000000 00000000 {Key} 000000000000f83f".Replace(" ", "", StringComparison.Ordinal)));

        Assert.True(_reader.TryRead(_buffer));

        var key = Assert.Single(Keys());
        Assert.Equal(("f", "f_total", "Multiprocess metric"), (key.Family, key.Sample, key.Help));
        Assert.Equal(1.5, _buffer.Values[0]);
    }

    [Theory]
    // used=56: ["f", "f_total", {}, ""] is 24 bytes, padded to 28; then 1.5, and in the second layout 2.0.
    [InlineData(
        "30000000 00000000 18000000 5b2266222c2022665f746f74616c222c207b7d2c2022225d 20202020 000000000000f83f", 0)]
    [InlineData(
        "38000000 00000000 18000000 5b2266222c2022665f746f74616c222c207b7d2c2022225d 20202020 000000000000f83f 0000000000000040", 2)]
    public void The_bytes_of_both_layouts_are_read(string hex, double timestamp)
    {
        Write(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));
        Assert.True(_reader.TryRead(_buffer));
        var key = Assert.Single(Keys());
        Assert.Equal(("f", "f_total", ""), (key.Family, key.Sample, key.Help));
        Assert.Empty(key.Labels);
        Assert.Equal(1.5, _buffer.Values[0]);
        Assert.Equal(timestamp, _buffer.Timestamps[0]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0000000000000000")]
    [InlineData("0800000000000000")]
    [InlineData("00000000000000000000000000000000ff")]
    public void A_file_that_nothing_was_written_to_yet_is_empty_not_corrupt(string hex)
    {
        Write(Convert.FromHexString(hex));
        Assert.True(_reader.TryRead(_buffer));
        Assert.Empty(Keys());
    }

    [Fact]
    public void Bytes_beyond_the_used_ones_are_not_read()
    {
        var bytes = TestFile.Bytes(EntryLayout.ValueOnly, A, B);
        Write([.. bytes, .. "{garbage of an entry that is being written"u8]);
        Assert.Equal([1, 2.5], Read());
    }

    [Theory]
    [InlineData(EntryLayout.Timestamped)]
    [InlineData(EntryLayout.ValueOnly)]
    internal void What_was_appended_is_told(EntryLayout layout)
    {
        TestFile.Write(_directory[Name], layout, A, B);
        Assert.Equal([1, 2.5], Read());
        Assert.True(_reader.IsChanged);
        TestFile.Write(_directory[Name], layout, A with { Value = 7 }, B, C);
        Assert.Equal([7, 2.5, -3], Read());
        Assert.True(_reader.IsChanged);
        Assert.Equal([7, 2.5, -3], Read());
        Assert.False(_reader.IsChanged);
    }

    [Theory]
    [InlineData(EntryLayout.Timestamped, EntryLayout.ValueOnly)]
    [InlineData(EntryLayout.ValueOnly, EntryLayout.Timestamped)]
    [InlineData(EntryLayout.Timestamped, EntryLayout.Timestamped)]
    internal void A_file_that_was_replaced_is_read_anew_whatever_it_holds(EntryLayout before, EntryLayout after)
    {
        TestEntry[][] contents = [[A, B], [B, A], [A], [A, C], [C], [], [A, B, C], [A]];
        foreach (var (i, entries) in contents.Index())
        {
            TestFile.Write(_directory["new"], i % 2 == 0 ? before : after, entries);
            File.Move(_directory["new"], _directory[Name], overwrite: true);
            Assert.Equal(entries.Select(entry => entry.Value), Read());
        }
        // The same again with the same inode throughout.
        foreach (var (i, entries) in contents.Index())
        {
            TestFile.Write(_directory[Name], i % 2 == 0 ? before : after, entries);
            Assert.Equal(entries.Select(entry => entry.Value), Read());
        }
    }

    [Theory]
    [InlineData(EntryLayout.Timestamped)]
    [InlineData(EntryLayout.ValueOnly)]
    internal void A_value_stored_through_a_mapping_is_read_and_so_is_an_entry_appended_there(EntryLayout layout)
    {
        using var writer = StoreFileWriter.Open(_directory[Name], layout);
        var a = writer.GetOrAdd(Encoding.UTF8.GetBytes(A.Key));
        Settle();
        for (var value = 1; value < 5; value++)
        {
            a.Set(value);
            Assert.Equal([value], Read());
        }
        writer.GetOrAdd(Encoding.UTF8.GetBytes(B.Key)).Set(7);
        Assert.Equal([4, 7], Read());
        Assert.Equal(["a", "b"], Keys().Select(key => key.Family));
    }

    [Fact]
    public void Entries_appended_through_a_mapping_are_read_page_after_page()
    {
        using var writer = StoreFileWriter.Open(_directory[Name], EntryLayout.ValueOnly);
        Settle();
        for (var count = 0; count < 600; count++)
        {
            writer.GetOrAdd(Encoding.UTF8.GetBytes(TestEntry.Of("a", "a_total", [("n", $"{count}")], 0).Key)).Set(count);
            if (count % 7 == 0) Assert.Equal(Enumerable.Range(0, count + 1).Select(value => (double)value), Read());
        }
        Assert.True(_reader.Used > 4 * Environment.SystemPageSize);
    }

    [Fact]
    public void A_file_that_was_overwritten_in_its_place_is_read_anew_though_its_size_and_length_are_the_same()
    {
        TestFile.Write(_directory[Name], EntryLayout.ValueOnly, A, B);
        Settle();
        Assert.Equal([1, 2.5], Read());
        Assert.Equal([1, 2.5], Read());
        TestFile.Write(_directory[Name], EntryLayout.ValueOnly, B, A);
        Assert.Equal([2.5, 1], Read());
        Assert.Equal(["b", "a"], Keys().Select(key => key.Family));
    }

    [Fact]
    public async Task A_file_that_is_cut_and_written_again_while_it_is_read_gives_its_values_or_is_refused()
    {
        double[] values = [.. Enumerable.Range(1, 3000)];
        var bytes = TestFile.Bytes(
            EntryLayout.ValueOnly, values.Select(value => TestEntry.Of("f", "f_total", [("n", $"{value}")], value)));
        Write(bytes);
        using var end = new CancellationTokenSource();
        var cutter = Task.Run(() =>
        {
            using var file = File.OpenHandle(_directory[Name], FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            while (!end.IsCancellationRequested)
            {
                RandomAccess.SetLength(file, 0);
                RandomAccess.Write(file, bytes, 0);
                Thread.SpinWait(20_000);
            }
        }, TestContext.Current.CancellationToken);
        for (var i = 0; i < 3000; i++)
        {
            if (Record.Exception(() => _reader.TryRead(_buffer)) is { } fault) Assert.IsType<CorruptFileException>(fault);
            else if (_reader.Series.Length > 0) Assert.Equal(values, _buffer.Values[.._reader.Series.Length].ToArray());
        }
        await end.CancelAsync();
        await cutter;
        Assert.Equal(values, Read());
    }

    [Fact]
    public void A_file_that_is_gone_is_no_fault()
    {
        Assert.False(_reader.TryRead(_buffer));
        TestFile.Write(_directory[Name], EntryLayout.ValueOnly, A);
        Assert.Equal([1], Read());
        File.Delete(_directory[Name]);
        Assert.False(_reader.TryRead(_buffer));
    }

    [Fact]
    public void A_name_that_a_key_gives_twice_counts_once_with_its_last_value()
    {
        TestFile.Write(_directory[Name], EntryLayout.ValueOnly, new TestEntry("""["f", "f_total", {"b": "1", "a": "2", "b": "3"}, ""]""", 1));
        Read();
        Assert.Equal([new("a", "2"), new("b", "3")], Keys()[0].Labels);
    }

    [Theory]
    [InlineData(@"\ud800", "\ufffd")]
    [InlineData(@"a\udc80b", "a\ufffdb")]
    [InlineData(@"\ud83d\ude00", "😀")]
    [InlineData(@"\ud83d\ud83d\ude00\ude00", "\ufffd😀\ufffd")]
    [InlineData(@"\\ud800\udfff\""\n", "\\ud800\ufffd\"\n")]
    public void Half_a_surrogate_pair_is_replaced(string escaped, string value)
    {
        TestFile.Write(_directory[Name], EntryLayout.ValueOnly, new TestEntry($$"""["f", "f_total", {"a": "{{escaped}}"}, ""]""", 1));
        Assert.Equal([1], Read());
        Assert.Equal([new("a", value)], Keys()[0].Labels);
    }

    [Theory]
    [InlineData("shorter than a header", "3000")]
    [InlineData("garbage", "ffd8ffe000104a46494600010100000100010000ffdb0043")]
    [InlineData("negative used", "f8ffffff00000000")]
    [InlineData("used beyond the end", "0001000000000000")]
    [InlineData("used cuts the header", "0400000000000000")]
    [InlineData("used is not aligned", "0c00000000000000ffffffff")]
    public void Damaged_bytes_are_refused(string what, string hex)
    {
        Write(Convert.FromHexString(hex));
        AssertCorrupt(what);
    }

    [Theory]
    [InlineData("""["f", "f_total", {}, "", ""]""")]
    [InlineData("""["f", "f_total", {}, 1]""")]
    [InlineData("""["f", "f_total", {"a": 1}, ""]""")]
    [InlineData("""["f", "f_total", {"a": {}}, ""]""")]
    [InlineData("""["f", "f_total", [], ""]""")]
    [InlineData("""["f", "f_total", {}, ""] []""")]
    [InlineData("""["f", "f_total", {}, "" """)]
    [InlineData("{\"f\": \"f_total\"}")]
    public void A_key_that_is_not_of_the_four_parts_is_refused(string key)
    {
        TestFile.Write(_directory[Name], EntryLayout.ValueOnly, A, new TestEntry(key, 1), B);
        AssertCorrupt(key);
    }

    [Fact]
    public void A_key_that_is_not_UTF_8_is_refused()
    {
        var bytes = TestFile.Bytes(EntryLayout.ValueOnly, TestEntry.Of("f", "f_total", [("a", "*")], 1));
        bytes[bytes.IndexOf((byte)'*')] = 0xff;
        Write(bytes);
        AssertCorrupt("0xff in a label");
    }

    [Theory]
    [InlineData(EntryLayout.Timestamped)]
    [InlineData(EntryLayout.ValueOnly)]
    internal void Every_cut_and_every_wrong_length_is_refused(EntryLayout layout)
    {
        var whole = TestFile.Bytes(layout, A, B, C);
        for (var length = 1; length < whole.Length; length++)
        {
            Write(whole[..length]);
            AssertCorrupt($"cut to {length} bytes");
        }
        for (var length = 0; length <= 0x7f; length++)
        {
            // Padding that counts as key is still JSON, and the entry as long as it was.
            if (length >= whole[8] && StoreFormat.ValueOffset(length) == StoreFormat.ValueOffset(whole[8])) continue;
            Write([.. whole[..8], (byte)length, .. whole[9..]]);
            AssertCorrupt($"first key of {length} bytes");
        }
    }

    [Fact]
    public void A_file_that_was_damaged_for_a_moment_is_read_when_it_is_whole_again()
    {
        TestFile.Write(_directory[Name], EntryLayout.ValueOnly, A, B);
        Assert.Equal([1, 2.5], Read());
        Write([1, 2, 3]);
        AssertCorrupt("three bytes");
        TestFile.Write(_directory[Name], EntryLayout.ValueOnly, A, B, C);
        Assert.Equal([1, 2.5, -3], Read());
    }

    [Fact]
    public void A_header_that_says_very_much_takes_no_memory()
    {
        using (var file = File.OpenWrite(_directory[Name]))
        {
            file.Write([0, 0, 0, 0x7f]);
            file.SetLength(0x7f000000);
        }
        var before = GC.GetAllocatedBytesForCurrentThread();
        AssertCorrupt("a sparse file of two gigabytes");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Whatever_bytes_change_the_file_is_read_or_refused() =>
        Gen.Select(
            Gen.Enum<EntryLayout>(),
            Gen.Select(Gen.Int[0, 400], Gen.Frequency((3, Gen.Byte), (1, Gen.OneOf<byte>(0, 1, 8, 0x7f, 0xff, (byte)'"', (byte)'\\'))))
                .Array[1, 6]).ForAll(
            (layout, changes) =>
            {
                var bytes = TestFile.Bytes(layout, A, B, C, A, B);
                foreach (var (at, value) in changes) bytes[at % bytes.Length] = value;
                Write(bytes);
                if (Record.Exception(() => _reader.TryRead(_buffer)) is { } fault) Assert.IsType<CorruptFileException>(fault);
            },
            count: 5000);

    [Fact]
    public void A_FIFO_does_not_block_and_is_refused()
    {
        Assert.Equal(0, MakeFifo(_directory[Name], 0x1ff));
        AssertCorrupt("FIFO");
    }

    [Fact]
    public void A_directory_is_refused()
    {
        Directory.CreateDirectory(_directory[Name]);
        AssertCorrupt("directory");
    }

    [Fact]
    public void A_symbolic_link_is_not_followed()
    {
        TestFile.Write(_directory["target"], EntryLayout.ValueOnly, A);
        File.CreateSymbolicLink(_directory[Name], _directory["target"]);
        AssertCorrupt("symbolic link");
    }

    [Fact, SupportedOSPlatform("linux")]
    public void A_file_that_may_not_be_read_is_told_with_the_remedy()
    {
        TestFile.Write(_directory[Name], EntryLayout.ValueOnly, A);
        File.SetUnixFileMode(_directory[Name], UnixFileMode.None);
        using var _ = new Unprivileged();
        var fault = Assert.Throws<StoreException>(() => _reader.TryRead(_buffer));
        Assert.Contains(_directory[Name], fault.Message, StringComparison.Ordinal);
        Assert.Contains("run as the workers' user", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_in_the_place_of_a_file_that_was_read_is_told_as_one()
    {
        TestFile.Write(_directory[Name], EntryLayout.ValueOnly, TestEntry.Of("f", "f_total", [], 1));
        Assert.True(_reader.TryRead(_buffer));
        File.Delete(_directory[Name]);
        File.CreateSymbolicLink(_directory[Name], "/elsewhere");
        Assert.Contains("symbolic link", Assert.Throws<CorruptFileException>(() => _reader.TryRead(_buffer)).Message, StringComparison.Ordinal);
    }

    /// <summary>As many numbers as there are keys, each time one is asked for.</summary>
    private int Resolve(ReadOnlySpan<byte> head, int keyLength)
    {
        if (_numbers.TryGetValue(Convert.ToHexString(head), out var known)) return known;
        if (ReadKey.TryParse(head.Slice(StoreFormat.LengthSize, keyLength)) is not { } key) return -1;
        _keys.Add(key);
        _numbers.Add(Convert.ToHexString(head), _numbers.Count);
        return _keys.Count - 1;
    }

    private ReadKey[] Keys() => [.. _reader.Series.ToArray().Select(series => _keys[series])];

    /// <summary>Waits until a change of the file would show in its status.</summary>
    private static void Settle() => Thread.Sleep(50);

    private void Write(byte[] bytes) => File.WriteAllBytes(_directory[Name], bytes);

    private double[] Read()
    {
        Assert.True(_reader.TryRead(_buffer));
        return _buffer.Values[.._reader.Series.Length].ToArray();
    }

    private void AssertCorrupt(string what)
    {
        var fault = Record.Exception(() => _reader.TryRead(_buffer));
        Assert.True(fault is CorruptFileException, $"{what}: {fault}");
        Assert.StartsWith(_directory[Name], fault.Message, StringComparison.Ordinal);
    }

    [LibraryImport("libc", EntryPoint = "mkfifo", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeFifo(string path, uint mode);
}

using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Native;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Files;

public sealed class FileMappingTests : IDisposable
{
    private const int Size = 1 << 16;
    private static readonly int[] Offsets = [8, 8192, Size - 8];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory, InlineData(false), InlineData(true)]
    public void What_is_stored_in_the_file_is_seen(bool isCopied)
    {
        using var mapping = Map("a");
        Write("a", 8, 1.5);
        Write("a", Size - 8, -2);
        Assert.Equal([1.5, 0, -2], Read(mapping, isCopied));
        Assert.False(mapping.IsCut);
    }

    [Fact]
    public void Doubles_are_gathered_beside_their_offsets_and_none_beyond_the_mapping()
    {
        using var mapping = Map("a");
        Write("a", 16, 1.5);
        var value = new double[1];
        mapping.Gather([8], 8, value);
        Assert.Equal([1.5], value);
        Assert.Throws<ArgumentOutOfRangeException>(() => mapping.Gather([Size - 8], 8, value));
        Assert.Throws<ArgumentOutOfRangeException>(() => mapping.Gather([8, 16], 0, value));
        mapping.Gather([], 0, []);
    }

    [Theory, InlineData(false), InlineData(true)]
    public void What_a_file_has_lost_reads_as_zeros_and_is_told_and_no_other_file_suffers(bool isCopied)
    {
        using var whole = Map("whole");
        Write("whole", 8, 3);
        for (var times = 0; times < 50; times++)
        {
            using var mapping = Map("cut");
            Write("cut", 8, 1);
            Assert.Equal([1, 0, 0], Read(mapping, isCopied));
            Cut("cut", times % 2 == 0 ? 0 : 4096);
            Assert.Equal([0, 0], Read(mapping, isCopied)[1..]);
            Assert.True(mapping.IsCut);
        }
        Assert.False(whole.IsCut);
        Assert.Equal([3, 0, 0], Read(whole, isCopied));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_cut_is_outlived_while_other_threads_do_nothing_but_collect(bool isCopied)
    {
        using var ended = new CancellationTokenSource();
        var collectors = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            while (!ended.IsCancellationRequested) GC.Collect(0);
        })).ToArray();
        for (var times = 0; times < 50; times++)
        {
            using var mapping = Map("cut");
            Cut("cut", 0);
            Read(mapping, isCopied);
            Assert.True(mapping.IsCut);
        }
        await ended.CancelAsync();
        await Task.WhenAll(collectors);
    }

    [Fact]
    public async Task A_cut_in_the_middle_of_a_gather_gives_what_the_file_had_and_zeros_and_is_told()
    {
        const int Long = 1 << 20;
        var content = new byte[Long];
        MemoryMarshal.Cast<byte, double>(content.AsSpan()).Fill(1);
        BitConverter.TryWriteBytes(content, Long);
        File.WriteAllBytes(_directory["cut"], content);
        int[] offsets = [.. Enumerable.Range(1, (Long / 8) - 1).Select(value => value * 8)];
        using var ended = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var others = new[]
        {
            Task.Run(() =>
            {
                using var file = File.OpenHandle(_directory["cut"], FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
                while (!ended.IsCancellationRequested)
                {
                    RandomAccess.SetLength(file, 0);
                    RandomAccess.Write(file, content, 0);
                    Thread.SpinWait(20_000);
                }
            }),
            Task.Run(() =>
            {
                while (!ended.IsCancellationRequested) GC.Collect(0);
            }),
        };
        var isCutInTheMiddle = false;
        while (!isCutInTheMiddle && !ended.IsCancellationRequested)
        {
            using var file = File.OpenHandle(_directory["cut"], FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            Assert.True(Libc.TryGetStatus(file, out var status));
            if (status.Size != Long) continue;
            using var mapping = FileMapping.TryMap((int)file.DangerousGetHandle(), status, int.MaxValue)!;
            var read = offsets.Where(offset => offset < mapping.Length).ToArray();
            var values = new double[read.Length];
            mapping.Gather(read, 0, values);
            Assert.All(values.Distinct(), value => Assert.True(value is 0 or 1));
            Assert.True(mapping.IsCut || !values.Contains(0));
            isCutInTheMiddle = mapping.IsCut && values[0] == 1;
        }
        await ended.CancelAsync();
        await Task.WhenAll(others);
        Assert.True(isCutInTheMiddle);
    }

    [Fact]
    public void Another_file_in_the_place_of_a_mapped_one_is_another()
    {
        using var mapping = Map("a");
        Assert.True(mapping.Is(StatusOf("a")));
        for (var times = 0; times < 100; times++)
        {
            File.Delete(_directory["a"]);
            File.WriteAllBytes(_directory["a"], new byte[Size]);
            Assert.False(mapping.Is(StatusOf("a")));
        }
    }

    private static double[] Read(FileMapping mapping, bool isCopied)
    {
        if (!isCopied)
        {
            var values = new double[Offsets.Length];
            mapping.Gather(Offsets, 0, values);
            return values;
        }
        var content = new byte[Size];
        mapping.Copy(content);
        return [.. Offsets.Select(offset => BitConverter.ToDouble(content, offset))];
    }

    private FileMapping Map(string name)
    {
        var content = new byte[Size];
        BitConverter.TryWriteBytes(content, Size);
        File.WriteAllBytes(_directory[name], content);
        using var file = File.OpenHandle(_directory[name]);
        return FileMapping.TryMap((int)file.DangerousGetHandle(), StatusOf(name), int.MaxValue)!;
    }

    private FileStatus StatusOf(string name)
    {
        Assert.True(Libc.TryGetStatus(_directory[name], out var status));
        return status;
    }

    private void Write(string name, int offset, double value)
    {
        using var file = File.OpenHandle(_directory[name], FileMode.Open, FileAccess.Write);
        RandomAccess.Write(file, BitConverter.GetBytes(value), offset);
    }

    private void Cut(string name, int size)
    {
        using var file = File.OpenHandle(_directory[name], FileMode.Open, FileAccess.Write);
        RandomAccess.SetLength(file, size);
    }
}

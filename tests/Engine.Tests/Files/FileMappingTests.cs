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
    public async Task A_cut_is_outlived_in_the_middle_of_a_gather_that_goes_on_with_zeros()
    {
        const int Rest = Size / 2;
        int[] offsets = [.. Enumerable.Range(1, (Size / sizeof(double)) - 1).Select(index => index * sizeof(double))];
        var values = new double[offsets.Length];
        using var ended = new CancellationTokenSource();
        var collector = Task.Run(() =>
        {
            while (!ended.IsCancellationRequested) GC.Collect(0);
        });
        for (var times = 0; times < 50; times++)
        {
            using var mapping = Map("cut");
            foreach (var page in new[] { 0, Rest - 4096, Rest }) Write("cut", page + 8, 1);
            Cut("cut", Rest);
            mapping.Gather(offsets, 0, values);
            Assert.Equal([8, Rest - 4096 + 8], offsets.Where((_, index) => values[index] == 1));
            Assert.True(mapping.IsCut);
        }
        await ended.CancelAsync();
        await collector;
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

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

    [Fact]
    public void What_is_stored_in_the_file_is_seen()
    {
        using var mapping = Map("a");
        Write("a", 8, 1.5);
        Write("a", Size - 8, -2);
        Assert.Equal([1.5, 0, -2], Gather(mapping));
        Assert.False(mapping.IsCut);
    }

    [Fact]
    public void What_a_file_has_lost_reads_as_zeros_and_is_told_and_no_other_file_suffers()
    {
        using var whole = Map("whole");
        Write("whole", 8, 3);
        for (var times = 0; times < 50; times++)
        {
            using var mapping = Map("cut");
            Write("cut", 8, 1);
            Assert.Equal([1, 0, 0], Gather(mapping));
            Cut("cut", times % 2 == 0 ? 0 : 4096);
            Assert.Equal([0, 0], Gather(mapping)[1..]);
            Assert.True(mapping.IsCut);
        }
        Assert.False(whole.IsCut);
        Assert.Equal([3, 0, 0], Gather(whole));
    }

    [Fact]
    public async Task A_cut_is_outlived_while_other_threads_do_nothing_but_collect()
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
            Gather(mapping);
            Assert.True(mapping.IsCut);
        }
        await ended.CancelAsync();
        await Task.WhenAll(collectors);
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

    private static double[] Gather(FileMapping mapping)
    {
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

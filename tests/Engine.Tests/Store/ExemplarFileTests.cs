using System.Text;
using GunicornPrometheusExporter.Store;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Store;

public sealed class ExemplarFileTests : IDisposable
{
    private const uint Created = 1_700_000_000;

    private readonly TemporaryDirectory _directory = new();

    private string FilePath => _directory["exemplars_worker-1.bin"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_reader_never_sees_half_an_exemplar()
    {
        using var end = new CancellationTokenSource();
        using var writer = ExemplarWriter.Open(FilePath, Created);
        var cell = writer.Locate(8);
        var writing = Task.Run(() =>
        {
            for (var i = 1; !end.IsCancellationRequested; i = (i % 99_999_999) + 1)
            {
                var digits = Encoding.ASCII.GetBytes($"{i:d8}{i:d8}{i:d8}{i:d8}");
                cell.Set(i, i, digits, digits.AsSpan(16));
            }
        });
        var reader = new ExemplarReader();
        var seen = 0;
        for (var reads = 0; reads < 20_000; reads++)
        {
            reader.Read(FilePath, Created, (_, in exemplar) =>
            {
                seen++;
                var digits = $"{(int)exemplar.Value:d8}";
                Assert.Equal(exemplar.Value, exemplar.Time);
                Assert.Equal($"{digits}{digits}{digits}{digits}", Encoding.ASCII.GetString(exemplar.Context.Trace));
                Assert.Equal($"{digits}{digits}", Encoding.ASCII.GetString(exemplar.Context.Span));
            });
        }
        await end.CancelAsync();
        await writing;
        reader.Read(FilePath, Created, (_, in _) => seen++);
        Assert.True(seen > 0);
    }

    [Fact]
    public void A_file_takes_so_many_and_no_more()
    {
        using var writer = ExemplarWriter.Open(FilePath, Created);
        var taken = 0;
        while (taken < 2 * ExemplarFormat.MaximumEntries && !writer.Locate(8 * (taken + 1)).IsNone) taken++;

        Assert.Equal(ExemplarFormat.MaximumEntries - 1, taken);
        Assert.False(writer.Locate(8).IsNone);
        Assert.InRange(new FileInfo(FilePath).Length, 1, ExemplarFormat.MaximumSize);
    }

    [Fact]
    public void An_exemplar_whose_writer_was_killed_over_it_is_replaced_by_the_next()
    {
        using (var killed = ExemplarWriter.Open(FilePath, Created)) killed.Locate(8).Set(1, 1, Digits(32), Digits(16));
        using (var file = File.OpenWrite(FilePath))
        {
            file.Position = ExemplarFormat.HeaderSize;
            file.WriteByte(3);
        }
        using var next = ExemplarWriter.Open(FilePath, Created);
        Assert.Empty(Values());

        next.Locate(8).Set(2, 2, Digits(32), Digits(16));

        Assert.Equal([2], Values());
    }

    private List<double> Values()
    {
        var values = new List<double>();
        new ExemplarReader().Read(FilePath, Created, (_, in exemplar) => values.Add(exemplar.Value));
        return values;
    }

    private static byte[] Digits(int count) => [.. Enumerable.Repeat((byte)'a', count)];
}

using GunicornPrometheusExporter.HistogramDetails;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.HistogramDetails;

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
            byte[][] digits = [.. Enumerable.Range('0', 8).Select(digit => Digits((char)digit))];
            var i = 1;
            do
            {
                cell.Set(i, i + 1, digits[i], digits[i].AsSpan(16));
                i = (i + 1) % 8;
            }
            while (!end.IsCancellationRequested);
        });
        var seen = new List<Exemplar>();
        var reader = new ExemplarReader();
        for (var reads = 0; reads < 30_000; reads++) reader.Read(FilePath, Created, (_, in exemplar) => seen.Add(exemplar));
        await end.CancelAsync();
        await writing;
        reader.Read(FilePath, Created, (_, in exemplar) => seen.Add(exemplar));

        Assert.NotEmpty(seen);
        foreach (var exemplar in seen)
        {
            var digits = Digits((char)('0' + exemplar.Value));
            Assert.Equal(exemplar.Value + 1, exemplar.Time);
            Assert.Equal(digits, exemplar.Context.Trace.ToArray());
            Assert.Equal(digits[16..], exemplar.Context.Span.ToArray());
        }
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
        using (var killed = ExemplarWriter.Open(FilePath, Created)) killed.Locate(8).Set(1, 1, Digits('a'), Digits('a').AsSpan(16));
        using (var file = File.OpenWrite(FilePath))
        {
            file.Position = ExemplarFormat.HeaderSize;
            file.WriteByte(3);
        }
        using var next = ExemplarWriter.Open(FilePath, Created);
        Assert.Empty(Values());

        next.Locate(8).Set(2, 2, Digits('a'), Digits('a').AsSpan(16));

        Assert.Equal([2], Values());
    }

    private List<double> Values()
    {
        var values = new List<double>();
        new ExemplarReader().Read(FilePath, Created, (_, in exemplar) => values.Add(exemplar.Value));
        return values;
    }

    private static byte[] Digits(char digit) => [.. Enumerable.Repeat((byte)digit, ExemplarFormat.TraceLength)];
}

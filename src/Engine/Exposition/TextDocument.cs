using System.Buffers;
using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Exposition;

/// <summary>An exposition with its numbers left open: laid out when series come or go, filled in at every scrape.</summary>
/// <remarks>Filling in allocates nothing, whatever the number of lines. Not thread-safe.</remarks>
internal sealed class TextDocument
{
    private readonly List<TextLine> _lines = [];

    /// <summary>Takes every line out.</summary>
    public void Clear() => _lines.Clear();

    /// <summary>Adds a line at the end.</summary>
    public void Add(LineKind kind, byte[] text, int series = 0) => _lines.Add(new TextLine(kind, text, series));

    /// <summary>Writes the lines whose series are present.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="values">A value for each series.</param>
    /// <param name="present">Whether each series has a value now.</param>
    public void Write(IBufferWriter<byte> output, ReadOnlySpan<double> values, ReadOnlySpan<bool> present)
    {
        var writer = new LineWriter(output);
        byte[]? header = null;
        var buckets = 0.0;
        var hasBuckets = false;
        foreach (ref readonly var line in CollectionsMarshal.AsSpan(_lines))
        {
            double value;
            switch (line.Kind)
            {
                case LineKind.Header:
                    header = line.Text;
                    continue;
                case LineKind.Count when hasBuckets:
                    value = buckets;
                    (buckets, hasBuckets) = (0, false);
                    break;
                case var _ when !present[line.Series]:
                    continue;
                case LineKind.Bucket:
                    buckets += values[line.Series];
                    hasBuckets = true;
                    value = buckets;
                    break;
                default:
                    value = values[line.Series];
                    break;
            }
            if (header is not null)
            {
                writer.Write(header);
                header = null;
            }
            writer.Write(line.Text, value);
        }
        writer.Flush();
    }

    /// <summary>Writes lines into the buffers of a writer, asking for as few of them as will do.</summary>
    private ref struct LineWriter
    {
        private const int MinimumBuffer = 4096;

        private readonly IBufferWriter<byte> _output;
        private Span<byte> _buffer;
        private int _written;

        public LineWriter(IBufferWriter<byte> output) => _output = output;

        public void Write(byte[] text)
        {
            Reserve(text.Length);
            text.CopyTo(_buffer[_written..]);
            _written += text.Length;
        }

        public void Write(byte[] text, double value)
        {
            Reserve(text.Length + SampleNumber.MaximumSize + 1);
            text.CopyTo(_buffer[_written..]);
            _written += text.Length;
            _written += SampleNumber.Format(value, _buffer[_written..]);
            _buffer[_written++] = (byte)'\n';
        }

        public void Flush()
        {
            _output.Advance(_written);
            _buffer = default;
            _written = 0;
        }

        private void Reserve(int size)
        {
            if (_buffer.Length - _written >= size) return;
            Flush();
            _buffer = _output.GetSpan(Math.Max(size, MinimumBuffer));
        }
    }
}

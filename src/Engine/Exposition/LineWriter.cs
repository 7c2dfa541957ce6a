using System.Buffers;
using System.Buffers.Text;
using GunicornPrometheusExporter.HistogramDetails;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Exposition;

/// <summary>Writes lines with as few buffer requests to the output as possible.</summary>
internal ref struct LineWriter(IBufferWriter<byte> output)
{
    private const int MinimumBuffer = 4096;

    private Span<byte> _buffer;
    private ReadOnlySpan<byte> _header;
    private int _written;

    /// <summary>Begins a family; its header is written before its first line, if it has lines.</summary>
    public void Begin(ReadOnlySpan<byte> header) => _header = header;

    public void Write(scoped ReadOnlySpan<byte> text)
    {
        Reserve(text.Length);
        text.CopyTo(_buffer[_written..]);
        _written += text.Length;
    }

    /// <summary>Writes a line: text, value and line break.</summary>
    public void WriteLine(scoped ReadOnlySpan<byte> text, double value)
    {
        WriteHeader();
        Write(text);
        Write(value);
        Write("\n"u8);
    }

    /// <summary>Writes a line whose text has several parts.</summary>
    public void WriteLine(
        scoped ReadOnlySpan<byte> head, scoped ReadOnlySpan<byte> label, scoped ReadOnlySpan<byte> tail, double value)
    {
        WriteHeader();
        Write(head);
        Write(label);
        WriteLine(tail, value);
    }

    public void WriteLine(scoped ReadOnlySpan<byte> text, double value, in Exemplar exemplar)
    {
        WriteHeader();
        Write(text);
        Write(value);
        Write(" # {span_id=\""u8);
        Write(exemplar.Context.Span);
        Write("\",trace_id=\""u8);
        Write(exemplar.Context.Trace);
        Write("\"} "u8);
        Write(exemplar.Value);
        Write(" "u8);
        WriteTime(exemplar.Time);
        Write("\n"u8);
    }

    public void Flush()
    {
        output.Advance(_written);
        _buffer = default;
        _written = 0;
    }

    private void Write(double value)
    {
        Reserve(SampleNumber.MaximumSize);
        _written += SampleNumber.Format(value, _buffer[_written..]);
    }

    // Parsers expect times without an exponent.
    private void WriteTime(double seconds)
    {
        Reserve(SampleNumber.MaximumSize);
        _ = Utf8Formatter.TryFormat(seconds, _buffer[_written..], out var length, new StandardFormat('F', 3));
        _written += length;
    }

    private void WriteHeader()
    {
        if (_header.IsEmpty) return;
        Write(_header);
        _header = default;
    }

    private void Reserve(int size)
    {
        if (_buffer.Length - _written >= size) return;
        Flush();
        _buffer = output.GetSpan(Math.Max(size, MinimumBuffer));
    }
}

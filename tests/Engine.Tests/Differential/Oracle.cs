using System.Diagnostics;
using System.Globalization;
using System.Text;
using GunicornPrometheusExporter.Engine.Tests.Exposition;
using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.Engine.Tests.Differential;

/// <summary>The stock <c>prometheus_client</c> of the machine, in one process for all directories.</summary>
public sealed class Oracle : IDisposable
{
    private readonly Process _process;

    public Oracle()
    {
        _process = Python.Start("oracle.py");
        Layout = Enum.Parse<EntryLayout>(ReadLine());
    }

    /// <summary>The layout that this version reads and writes.</summary>
    internal EntryLayout Layout { get; }

    /// <summary>What the stock collector exposes of a directory.</summary>
    public ExpositionText Collect(string directory)
    {
        _process.StandardInput.WriteLine(directory);
        _process.StandardInput.Flush();
        var text = new byte[int.Parse(ReadLine(), CultureInfo.InvariantCulture)];
        _process.StandardOutput.BaseStream.ReadExactly(text);
        return ExpositionText.Parse(text);
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    // By the byte: a reader's own buffer would swallow what follows the line.
    private string ReadLine()
    {
        var line = new StringBuilder();
        for (int next; (next = _process.StandardOutput.BaseStream.ReadByte()) != '\n';)
        {
            if (next < 0) throw new InvalidOperationException("the oracle ended; its error is on standard error");
            line.Append((char)next);
        }
        return line.ToString();
    }
}

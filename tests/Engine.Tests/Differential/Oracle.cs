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
        HasEscaping = bool.Parse(ReadLine());
    }

    /// <summary>The layout that this version reads and writes.</summary>
    internal EntryLayout Layout { get; }

    /// <summary>Whether this version can escape names in several ways.</summary>
    internal bool HasEscaping { get; }

    /// <summary>What the stock collector exposes of a directory.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="escaping">How names are escaped; null for a version that cannot escape them.</param>
    public ExpositionText Collect(string directory, string? escaping = null)
    {
        _process.StandardInput.WriteLine(escaping is null ? directory : $"{directory}\t{escaping}");
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

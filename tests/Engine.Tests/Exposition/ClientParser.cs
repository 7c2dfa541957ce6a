using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using GunicornPrometheusExporter.Exposition;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Exposition;

/// <summary>The stock parsers of the machine's <c>prometheus_client</c>, in one process.</summary>
public sealed class ClientParser : IDisposable
{
    private readonly Process _process = Differential.Python.Start("../Exposition/parsers.py");

    /// <summary>What the client reads in an exposition.</summary>
    public ParsedExposition Parse(ExpositionFormat format, byte[] exposition)
    {
        var question = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{format} {exposition.Length}\n"));
        _process.StandardInput.BaseStream.Write([.. question, .. exposition]);
        _process.StandardInput.BaseStream.Flush();
        var answer = JsonDocument.Parse(_process.StandardOutput.ReadLine()!).RootElement;
        Assert.False(
            answer.TryGetProperty("error", out var error), $"{error}:\n{Encoding.UTF8.GetString(exposition)}");
        return new(Texts(answer, "samples"), Texts(answer, "types"), Texts(answer, "units"));
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static Dictionary<string, string> Texts(JsonElement answer, string name) =>
        answer.GetProperty(name).EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value.GetString()!);
}

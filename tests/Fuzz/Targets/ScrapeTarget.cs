using System.Buffers;
using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Fuzz.Inputs;
using GunicornPrometheusExporter.Fuzz.Oracles;
using Microsoft.Extensions.Logging.Abstractions;

namespace GunicornPrometheusExporter.Fuzz.Targets;

/// <summary>Whole scrapes, in every format, of a store in which one file is anything and another one is valid.</summary>
internal sealed class ScrapeTarget : IFuzzTarget
{
    private readonly FuzzDirectory _directory = new();
    private readonly ValidFile _valid;
    private readonly ArrayBufferWriter<byte> _output = new();

    public ScrapeTarget() => _valid = new ValidFile(_directory);

    public string Name => "scrape";

    public int Share => 5;

    public byte[] Make(Random random) => FileScript.Make(random);

    public bool Run(ReadOnlySpan<byte> input)
    {
        var script = new InputReader(input);
        var name = FileScript.TakeName(ref script);
        using var aggregator = new StoreAggregator(_directory.Path, NullLogger.Instance);
        var isValid = true;
        byte[]? content = null;
        try
        {
            do
            {
                FileScript.Step(_directory[name], ref content, ref script);
                isValid &= Scrape(aggregator, name, content);
            }
            while (!script.IsEmpty);
        }
        finally
        {
            File.Delete(_directory[name]);
        }
        return isValid;
    }

    public void Dispose()
    {
        _valid.Dispose();
        _directory.Dispose();
    }

    /// <returns>Whether the file is valid.</returns>
    private bool Scrape(StoreAggregator aggregator, string name, byte[]? content)
    {
        _valid.Change();
        aggregator.Refresh();
        var samples = TextCheck.Text(Write(aggregator, ExpositionFormat.Text));
        _valid.Verify(samples);
        TextCheck.OpenMetrics(Write(aggregator, ExpositionFormat.OpenMetrics));
        ProtobufCheck.Families(Write(aggregator, ExpositionFormat.Protobuf));
        var named = TextCheck.Text(Write(aggregator, ExpositionFormat.Text, "a_total", "b_seconds_sum", "gunicorn_exporter_store_files"));
        foreach (var (sample, value) in named) FuzzFailure.Unless(value.Equals(samples[sample]), $"{sample} differs when it is asked for by name");

        var isValid = content is null || ReferenceFile.Read(content).Count > 0;
        var isRead = content is not null && isValid && name != FileScript.NobodysGauge;
        FuzzFailure.Unless(samples["gunicorn_exporter_store_files"] == (isRead ? 2 : 1), $"a {(isValid ? "valid" : "damaged")} file is counted otherwise");
        return isValid;
    }

    private ReadOnlySpan<byte> Write(StoreAggregator aggregator, ExpositionFormat format, params string[] names)
    {
        _output.ResetWrittenCount();
        aggregator.Write(_output, format, names.Length == 0 ? null : names.ToHashSet());
        return _output.WrittenSpan;
    }
}

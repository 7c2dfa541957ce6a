using System.Text;
using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Fuzz.Inputs;

namespace GunicornPrometheusExporter.Fuzz.Targets;

/// <summary>A file of settings: <see cref="ConfigurationFileReader"/>, and the configuration that it makes.</summary>
internal sealed class SettingsTarget : IFuzzTarget
{
    private static readonly string[] Oddities =
    [
        "\0", "&a ", "*a", "<<: *a", "!!binary ", "? ", "- ", "|\n", ">-\n", "---\n", "...\n", "%YAML 1.2\n", "{", "}", "[", "]", "'", "\"", "#", ": ", ",",
        "\t", "\r", "\u2028", "\uFEFF", "null", "~", "0x10", "1e400", "-1", "true", "\"\\x00\"", "\"\\ud800\"", "&a [*a,*a,*a,*a]",
    ];

    private static readonly string[] Lines = WholeExample();

    private readonly FuzzDirectory _directory = new();

    public string Name => "settings";

    public int Share => 40;

    public byte[] Make(Random random)
    {
        var left = random.Next(3);
        var text = new StringBuilder();
        text.AppendJoin('\n', Lines.Where(_ => random.Next(20) >= left));
        for (var oddities = random.Next(4); oddities > 0; oddities--)
        {
            var oddity = Oddities[random.Next(Oddities.Length)];
            var times = random.Next(50) == 0 ? 5_000 : 1;
            text.Insert(random.Next(text.Length + 1), string.Concat(Enumerable.Repeat(oddity, times)));
        }
        return Mutations.Damage(random, Encoding.UTF8.GetBytes(text.ToString()));
    }

    public bool Run(ReadOnlySpan<byte> input)
    {
        var path = _directory["exporter.yml"];
        File.WriteAllBytes(path, input);

        var file = ConfigurationFileReader.Read(path);
        var config = ExporterConfig.Load(
            new Dictionary<string, string> { [ConfigurationVariables.ConfigFile.Name] = path }, new Dictionary<string, string>());

        FuzzFailure.Unless(file.Errors.All(error => error.StartsWith(path, StringComparison.Ordinal)), "an error does not name the file");
        FuzzFailure.Unless(!file.Errors.IsEmpty || file.Settings.Values.All(setting => setting.Text is not null), "a setting is refused without an error");
        FuzzFailure.Unless(config.Validate() == file.Errors.IsEmpty, "what the file's reader takes, the configuration refuses");
        config.PrintConfig(TextWriter.Null);
        return file.Errors.IsEmpty;
    }

    public void Dispose() => _directory.Dispose();

    private static string[] WholeExample()
    {
        using var example = new StringWriter();
        ExampleFile.Write(example);
        var lines = example.ToString().Split('\n').Where(line => !line.Contains("# ", StringComparison.Ordinal));
        return [.. lines.Select(line => line.Replace("#", "", StringComparison.Ordinal))];
    }
}

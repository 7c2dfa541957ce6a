using System.Text.Json;
using GunicornPrometheusExporter.Exporter.Profiles;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.Profiles;

public sealed class SpeedscopeTests
{
    [Fact]
    public void It_has_what_the_schema_requires()
    {
        using var json = JsonDocument.Parse(Speedscope.Write(Profiles.Of((3, "view", "query"), (1, "view", "render"))));
        var root = json.RootElement;

        Assert.Equal("https://www.speedscope.app/file-format-schema.json", root.GetProperty("$schema").GetString());
        var frames = root.GetProperty("shared").GetProperty("frames").EnumerateArray()
            .Select(frame => frame.GetProperty("name").GetString()!).ToArray();
        var profile = Assert.Single(root.GetProperty("profiles").EnumerateArray());
        Assert.Equal(
            ("sampled", "seconds", 0, 4),
            (profile.GetProperty("type").GetString(), profile.GetProperty("unit").GetString(),
                profile.GetProperty("startValue").GetDouble(), profile.GetProperty("endValue").GetDouble()));
        Assert.NotEmpty(profile.GetProperty("name").GetString()!);
        var samples = profile.GetProperty("samples").EnumerateArray()
            .Select(sample => string.Join(' ', sample.EnumerateArray().Select(index => frames[index.GetInt32()])));
        var weights = profile.GetProperty("weights").EnumerateArray().Select(weight => weight.GetDouble());
        Assert.Equal([("view query", 3.0), ("view render", 1.0)], samples.Zip(weights));
        var frame = root.GetProperty("shared").GetProperty("frames")[Array.IndexOf(frames, "query")];
        Assert.Equal(("/srv/app/query.py", 2), (frame.GetProperty("file").GetString(), frame.GetProperty("line").GetInt32()));
    }
}

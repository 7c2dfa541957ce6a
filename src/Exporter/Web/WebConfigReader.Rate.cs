using System.Text.RegularExpressions;
using YamlDotNet.Core.Events;

namespace GunicornPrometheusExporter.Exporter.Web;

internal sealed partial class WebConfigReader
{
    private static readonly TimeSpan LongestInterval = TimeSpan.FromHours(1);

    // Go's units of time, in seconds.
    private static readonly Dictionary<string, double> Units = new()
    {
        ["ns"] = 1e-9,
        ["us"] = 1e-6,
        ["µs"] = 1e-6,
        ["ms"] = 1e-3,
        ["s"] = 1,
        ["m"] = 60,
        ["h"] = 3600,
    };

    private void ReadRate(Scalar section)
    {
        var (interval, burst) = (TimeSpan.Zero, 0);
        _yaml.Read(RateSection, new Dictionary<string, Action<Scalar>>
        {
            ["interval"] = key => interval = ReadInterval(key),
            ["burst"] = key => burst = ReadBurst(key),
        });
        if (interval <= TimeSpan.Zero) return;
        if (burst > 0) _rate = new(interval, burst);
        else _yaml.Reject(section.Start, "rate_limit would refuse every request, because burst is missing or 0; set it to at least 1");
    }

    private TimeSpan ReadInterval(Scalar key)
    {
        var text = _yaml.ReadText(key) ?? "0";
        if (text == "0") return TimeSpan.Zero;
        if (Duration().Match(text) is { Success: true } match)
        {
            var seconds = match.Groups[1].Captures.Zip(match.Groups[2].Captures, (number, unit) =>
                double.Parse(number.ValueSpan, CultureInfo.InvariantCulture) * Units[unit.Value]).Sum();
            if (seconds <= LongestInterval.TotalSeconds) return TimeSpan.FromSeconds(seconds);
        }
        _yaml.Reject(key.Start, $"interval is \"{text}\"; set it to a time of at most an hour such as 1s or 100ms, or to 0 for no limit");
        return TimeSpan.Zero;
    }

    private int ReadBurst(Scalar key)
    {
        if (_yaml.ReadText(key) is not { } text) return 0;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var burst)) return burst;
        _yaml.Reject(key.Start, $"burst is \"{text}\"; set it to a whole number of at least 1");
        return 1;
    }

    [GeneratedRegex(@"^(?:([0-9]+(?:\.[0-9]+)?)(ns|us|µs|ms|s|m|h))+\z")]
    private static partial Regex Duration();
}

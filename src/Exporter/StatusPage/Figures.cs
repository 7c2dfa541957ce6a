using System.Globalization;

namespace GunicornPrometheusExporter.Exporter.StatusPage;

/// <summary>Numbers as a person reads them; a dash for what is not known.</summary>
internal static class Figures
{
    private const string None = "–";
    private const int LongestText = 200;

    /// <summary>A rate, with a fraction where it is small.</summary>
    internal static string Rate(double? value) => Text(value, value < 10 ? "0.0" : "#,0");

    /// <summary>A count.</summary>
    internal static string Count(double? value) => Text(value, "#,0");

    /// <summary>A share.</summary>
    internal static string Percent(double? share) => Text(share * 100, "0", " %");

    /// <summary>A time, in seconds or milliseconds.</summary>
    internal static string Seconds(double? seconds) => seconds switch
    {
        < 1 => Text(seconds * 1000, seconds < .01 ? "0.0" : "0", " ms"),
        >= 100 => Text(seconds, "#,0", " s"),
        _ => Text(seconds, "0.0", " s"),
    };

    /// <summary>A size in megabytes.</summary>
    internal static string Megabytes(double? bytes) => Text(bytes / (1 << 20), "0.0", " MiB");

    /// <summary>A text from outside, cut where it is too long to read.</summary>
    internal static string Shortened(string text) => text.Length <= LongestText ? text : text[..LongestText] + "…";

    private static string Text(double? value, string format, string unit = "") =>
        value is { } number && double.IsFinite(number) ? number.ToString(format, CultureInfo.InvariantCulture) + unit : None;
}

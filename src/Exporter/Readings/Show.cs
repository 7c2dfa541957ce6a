namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>Formats values for people, with a dash for an unknown value.</summary>
internal static class Show
{
    private const string None = "–";
    private const int LongestText = 200;

    /// <summary>A rate, with a fraction if it is small.</summary>
    internal static string Rate(double? value) => Text(value, value < 10 ? "0.0" : "#,0");

    internal static string Count(double? value) => Text(value, "#,0");

    internal static string Percent(double? share) => Text(share * 100, "0", " %");

    /// <summary>A time, in seconds or milliseconds.</summary>
    internal static string Seconds(double? seconds) => seconds switch
    {
        < 1 => Text(seconds * 1000, seconds < .01 ? "0.0" : "0", " ms"),
        >= 100 => Text(seconds, "#,0", " s"),
        _ => Text(seconds, "0.0", " s"),
    };

    /// <summary>An estimate as a time; a limit as <c>&lt; 1 ms</c>.</summary>
    internal static string Quantile(LatencyQuantile? quantile) => quantile switch
    {
        null => None,
        { Limit: "" } estimate => Seconds(estimate.Seconds),
        { Seconds: < 1 } limit => $"{limit.Limit} {Text(limit.Seconds * 1000, "0.###", " ms")}",
        { } limit => $"{limit.Limit} {Text(limit.Seconds, "0.###", " s")}",
    };

    /// <summary>A long time, in its two largest units.</summary>
    internal static string Duration(double seconds) => TimeSpan.FromSeconds(seconds) switch
    {
        { Days: > 0 } time => $"{time.Days} d {time.Hours} h",
        { Hours: > 0 } time => $"{time.Hours} h {time.Minutes} min",
        { Minutes: > 0 } time => $"{time.Minutes} min {time.Seconds} s",
        var time => $"{time.Seconds} s",
    };

    internal static string Megabytes(double? bytes) => Text(bytes / (1 << 20), "0.0", " MiB");

    /// <summary>A size in whole megabytes, short.</summary>
    internal static string Mega(double? bytes) => Text(bytes / (1 << 20), "#,0", "M");

    /// <summary>An untrusted text, truncated to a readable length.</summary>
    internal static string Shortened(string text, int longest = LongestText) => text.Length <= longest ? text : text[..longest] + "…";

    /// <summary>An untrusted text that is safe for a terminal: control and reordering characters become question marks.</summary>
    internal static string Printable(string text) =>
        string.Concat(text.EnumerateRunes().Select(rune => Rune.GetUnicodeCategory(rune) is
            UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned ? "?" : rune.ToString()));

    private static string Text(double? value, string format, string unit = "") =>
        value is { } number && double.IsFinite(number) ? number.ToString(format, CultureInfo.InvariantCulture) + unit : None;
}

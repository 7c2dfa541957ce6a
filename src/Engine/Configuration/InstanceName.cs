using System.Net;

namespace GunicornPrometheusExporter.Configuration;

/// <summary>The name that identifies a store among others; safe in keys, labels and logs.</summary>
internal static class InstanceName
{
    private const int Longest = 200;

    /// <summary>The rule for a name, worded as the end of a sentence.</summary>
    public const string Rule = "1 to 200 letters, digits, dots, underscores, hyphens and colons, a letter or digit first";

    public static bool IsValid(string text) =>
        text.Length is > 0 and <= Longest && char.IsAsciiLetterOrDigit(text[0]) && text.All(IsAllowed);

    /// <summary>The name of this host, with a hyphen for each character that is not allowed.</summary>
    internal static string OfHost()
    {
        var name = new string([.. Dns.GetHostName().Take(Longest).Select(c => IsAllowed(c) ? c : '-')]);
        return IsValid(name) ? name : $"host{name}";
    }

    private static bool IsAllowed(char c) => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or ':';
}

using System.Globalization;
using System.Net;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Routes;

namespace GunicornPrometheusExporter.Configuration;

/// <summary>Turns a variable's text into its value.</summary>
internal static class VariableParser
{
    /// <summary>The mask shown in place of a secret.</summary>
    internal const string Mask = "********";

    private const string RedisRule = "a URL such as redis://user:password@host:6379/0, rediss://host or unix:///run/redis.sock";

    /// <summary>A text for errors and listings, without secrets: a URL may contain a password, or a token in its query.</summary>
    internal static string Shown(ConfigurationVariable variable, string text)
    {
        if (variable.Kind == VariableKind.RedisUrl) return Configuration.RedisUrl.Shown(text);
        if (variable.Secret || (variable.Kind == VariableKind.Url && text.Contains('@', StringComparison.Ordinal))) return Mask;
        var query = variable.Kind == VariableKind.Url ? text.AsSpan().IndexOfAny('?', '#') : -1;
        return query < 0 ? text : $"{text.AsSpan(0, query + 1)}{Mask}";
    }

    /// <summary>The rule for a valid text, worded to follow "set it to".</summary>
    internal static string RuleOf(ConfigurationVariable variable)
    {
        TryParse(variable, (variable.Default ?? variable.Example)!, out _, out var rule);
        return rule;
    }

    /// <param name="text">The text, not empty.</param>
    /// <param name="value">
    /// An <see cref="int"/>, <see cref="bool"/>, <see cref="string"/>, <see cref="RedisUrl"/> or <see cref="RoutePatterns"/>
    /// depending on the variable's kind.
    /// </param>
    /// <param name="remedy">What to set the variable to, if the text is invalid.</param>
    internal static bool TryParse(ConfigurationVariable variable, string text, out object? value, out string remedy)
    {
        (object?, string) parsed = variable.Kind switch
        {
            VariableKind.Number => (Number(variable, text), RangeOf(variable)),
            VariableKind.Boolean => (Boolean(text), "true, 1, yes or on, or to false, 0, no or off"),
            VariableKind.Address => (Address(text), "an IP address such as 127.0.0.1, 0.0.0.0 or ::, or to localhost"),
            VariableKind.Directory or VariableKind.Path => (AbsolutePath(text), "a path without line breaks"),
            VariableKind.Name => (InstanceName.IsValid(text) ? text : null, InstanceName.Rule),
            VariableKind.RedisUrl => WithFault(RedisUrl.Parse(text, out var fault), RedisRule, fault),
            VariableKind.KeyPrefix => (KeyPrefix(text), "text without line breaks, in which braces enclose only one hash tag"),
            VariableKind.Choice => (variable.Choices.Contains(text) ? text : null, string.Join(" or ", variable.Choices)),
            VariableKind.Url => (Url(text), "a URL such as https://host/path, without user and password"),
            VariableKind.Addresses =>
                (text.Split(',').All(one => ListenAddress.Parse(one) is not null) ? text : null, ListenAddress.Rule),
            VariableKind.UrlPath => (TelemetryPath.IsValid(text) ? text : null, TelemetryPath.Rule),
            VariableKind.Labels => (
                NamedValues.TryParseLabels(text),
                "labels such as env=prod,region=eu; a name has letters, digits and _ only, and does not begin with __"),
            VariableKind.Headers => (
                NamedValues.TryParseHeaders(text),
                "headers such as X-Scope-OrgID=me,X-Other=value, except those that the protocol sets itself"),
            VariableKind.Attributes => (
                NamedValues.TryParseAttributes(text),
                "attributes such as service.namespace=shop,team=a%20b, with values encoded as in URLs"),
            VariableKind.Routes => WithFault(RoutePatterns.Parse(text, out var fault), RoutePatterns.Form, fault),
            VariableKind.Bounds => (HistogramBounds.TryParse(text) is null ? null : text, HistogramBounds.Rule),
            VariableKind.Methods => (RequestMethods.TryParse(text) is null ? null : text, RequestMethods.Rule),
            VariableKind.ExtraLabels => (ExtraLabel.TryParse(text) is null ? null : text, ExtraLabel.Rule),
            VariableKind.Thresholds => (SlowThresholds.TryParse(text) is null ? null : text, SlowThresholds.Rule),
            _ => (OneLine(text), "text without line breaks"),
        };
        (value, remedy) = parsed;
        return value is not null;
    }

    private static (object?, string) WithFault(object? value, string rule, string fault) =>
        (value, value is null ? $"{rule} ({fault})" : rule);

    private static int? Number(ConfigurationVariable variable, string text) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) &&
        number >= variable.Minimum && number <= variable.Maximum
            ? number
            : null;

    private static string RangeOf(ConfigurationVariable variable) =>
        variable.Maximum == int.MaxValue
            ? $"a whole number of at least {variable.Minimum}"
            : $"a whole number from {variable.Minimum} to {variable.Maximum}";

    private static bool? Boolean(string text) => text.ToLowerInvariant() switch
    {
        "true" or "1" or "yes" or "on" => true,
        "false" or "0" or "no" or "off" => false,
        _ => null,
    };

    private static string? Address(string text) =>
        text == "localhost" || IPAddress.TryParse(text, out _) ? text : null;

    private static string? AbsolutePath(string text) =>
        OneLine(text) is null ? null : Path.TrimEndingDirectorySeparator(Path.GetFullPath(text));

    private static string? KeyPrefix(string text)
    {
        var (open, close) = (text.IndexOf('{', StringComparison.Ordinal), text.IndexOf('}', StringComparison.Ordinal));
        var isTag = open >= 0 && close > open + 1 && open == text.LastIndexOf('{') && close == text.LastIndexOf('}');
        return (open < 0 && close < 0) || isTag ? OneLine(text) : null;
    }

    private static string? Url(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.UserInfo.Length == 0 &&
        (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
            ? text
            : null;

    private static string? OneLine(string text) => text.AsSpan().ContainsAny('\n', '\r') ? null : text;
}

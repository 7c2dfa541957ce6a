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

    /// <param name="variable">The variable of the text.</param>
    /// <param name="text">The text, not empty.</param>
    /// <param name="value">
    /// An <see cref="int"/>, <see cref="bool"/>, <see cref="string"/>, <see cref="RedisUrl"/> or <see cref="RoutePatterns"/>
    /// depending on the variable's kind.
    /// </param>
    /// <param name="remedy">What to set the variable to, if the text is invalid.</param>
    internal static bool TryParse(ConfigurationVariable variable, string text, out object? value, out string remedy)
    {
        switch (variable.Kind)
        {
            case VariableKind.Number:
                (value, remedy) = (Number(variable, text), RangeOf(variable));
                break;
            case VariableKind.Boolean:
                (value, remedy) = (Boolean(text), "true, 1, yes or on, or to false, 0, no or off");
                break;
            case VariableKind.Address:
                (value, remedy) = (Address(text), "an IP address such as 127.0.0.1, 0.0.0.0 or ::, or to localhost");
                break;
            case VariableKind.Directory or VariableKind.Path:
                (value, remedy) = (AbsolutePath(text), "a path without line breaks");
                break;
            case VariableKind.Name:
                (value, remedy) = (InstanceName.IsValid(text) ? text : null, InstanceName.Rule);
                break;
            case VariableKind.RedisUrl:
                value = RedisUrl.Parse(text, out var fault);
                remedy = "a URL such as redis://user:password@host:6379/0, rediss://host or unix:///run/redis.sock"
                    + (value is null ? $" ({fault})" : "");
                break;
            case VariableKind.KeyPrefix:
                (value, remedy) = (KeyPrefix(text), "text without line breaks, in which braces enclose only one hash tag");
                break;
            case VariableKind.Choice:
                (value, remedy) = (variable.Choices.Contains(text) ? text : null, string.Join(" or ", variable.Choices));
                break;
            case VariableKind.Url:
                (value, remedy) = (Url(text), "a URL such as https://host/path, without user and password");
                break;
            case VariableKind.Addresses:
                (value, remedy) = (text.Split(',').All(one => ListenAddress.Parse(one) is not null) ? text : null, ListenAddress.Rule);
                break;
            case VariableKind.UrlPath:
                (value, remedy) = (TelemetryPath.IsValid(text) ? text : null, TelemetryPath.Rule);
                break;
            case VariableKind.Labels:
                (value, remedy) = (
                    NamedValues.TryParseLabels(text),
                    "labels such as env=prod,region=eu; a name has letters, digits and _ only, and does not begin with __");
                break;
            case VariableKind.Headers:
                (value, remedy) = (
                    NamedValues.TryParseHeaders(text),
                    "headers such as X-Scope-OrgID=me,X-Other=value, except those that the protocol sets itself");
                break;
            case VariableKind.Attributes:
                (value, remedy) = (
                    NamedValues.TryParseAttributes(text),
                    "attributes such as service.namespace=shop,team=a%20b, with values encoded as in URLs");
                break;
            case VariableKind.Routes:
                value = RoutePatterns.Parse(text, out var error);
                remedy = RoutePatterns.Form + (value is null ? $" ({error})" : "");
                break;
            case VariableKind.Bounds:
                (value, remedy) = (HistogramBounds.TryParse(text) is null ? null : text, HistogramBounds.Rule);
                break;
            case VariableKind.Methods:
                (value, remedy) = (RequestMethods.TryParse(text) is null ? null : text, RequestMethods.Rule);
                break;
            case VariableKind.ExtraLabels:
                (value, remedy) = (ExtraLabel.TryParse(text) is null ? null : text, ExtraLabel.Rule);
                break;
            case VariableKind.Thresholds:
                (value, remedy) = (SlowThresholds.TryParse(text) is null ? null : text, SlowThresholds.Rule);
                break;
            default:
                (value, remedy) = (OneLine(text), "text without line breaks");
                break;
        }
        return value is not null;
    }

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

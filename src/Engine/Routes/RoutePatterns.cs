using System.Buffers;
using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace GunicornPrometheusExporter.Routes;

/// <summary>The operator's routes for paths, <c>^/files/.* -> /files/{path}</c>: the first pattern that matches gives the route.</summary>
/// <remarks>
/// Patterns never backtrack, so the time of a search is proportional to the path's length. A pattern that begins with <c>^</c> and
/// fixed text is searched only in paths that begin with it.
/// </remarks>
internal sealed class RoutePatterns
{
    /// <summary>Separates the patterns in an environment variable. Paths are matched without their matrix parameters.</summary>
    internal const char Separator = ';';

    internal const string Form = "patterns with their routes such as ^/files/.* -> /files/{path}";

    private const string Arrow = "->";
    private const int MostPatterns = 200;
    private const int LongestRoute = 200;
    private const int LongestPath = 1024;

    // The time of a search is at most proportional to this.
    private const int LargestAutomaton = 2000;
    private const string LargestAutomatonSwitch = "REGEX_NONBACKTRACKING_MAX_AUTOMATA_SIZE";

    // An expression caches the states that it derives from paths, and does not limit this cache itself.
    private const long MostDerivedBytes = 16 << 20;

    private const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture;

    // What ends the fixed text of a pattern; a quantifier behind a character makes that character optional.
    private static readonly SearchValues<char> Special = SearchValues.Create("\\*+?|{[()^$.# ");
    private static readonly SearchValues<char> Quantifiers = SearchValues.Create("*?{");

    private readonly string _text;
    private readonly ImmutableArray<Rule> _rules;

    // Inexact if several threads use this object, because the updates are not atomic.
    private long _derivedBytes;

    static RoutePatterns() => AppContext.SetData(LargestAutomatonSwitch, LargestAutomaton);

    private RoutePatterns(string text, ImmutableArray<Rule> rules) => (_text, _rules) = (text, rules);

    /// <summary>The patterns of a list that <see cref="Separator"/> separates, or null and the reason.</summary>
    internal static RoutePatterns? Parse(string text, out string fault)
    {
        var rules = ImmutableArray.CreateBuilder<Rule>();
        fault = "";
        foreach (var rule in text.Split(Separator, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var arrow = rule.LastIndexOf(Arrow, StringComparison.Ordinal);
            var (pattern, route) = arrow < 0 ? (rule, "") : (rule[..arrow].Trim(), rule[(arrow + Arrow.Length)..].Trim());
            if (pattern.Length == 0 || route.Length == 0) fault = $"\"{rule}\" has no pattern or no route";
            else if (route.Length > LongestRoute) fault = $"the route of \"{pattern}\" has more than {LongestRoute} characters";
            else if (route.Any(char.IsControl)) fault = $"the route of \"{pattern}\" has a control character";
            else if (Compile(pattern, out fault) is { } expression) rules.Add(new(PrefixOf(pattern), expression, route));
            if (fault.Length > 0) return null;
        }
        fault = rules.Count == 0 ? "there is no pattern" : rules.Count > MostPatterns ? $"more than {MostPatterns} patterns" : "";
        return fault.Length > 0 ? null : new RoutePatterns(text, rules.ToImmutable());
    }

    /// <summary>The route of a path, without its query and matrix parameters; null if no pattern matches it.</summary>
    internal string? Find(ReadOnlySpan<char> path)
    {
        path = EndpointNormalizer.PathOf(path);
        if (path.Contains(';'))
        {
            Span<char> plain = stackalloc char[Math.Min(path.Length, LongestPath)];
            return FindPlain(plain[..CopyPlain(path[..plain.Length], plain)]);
        }
        return FindPlain(path);
    }

    /// <inheritdoc/>
    public override string ToString() => _text;

    private string? FindPlain(ReadOnlySpan<char> path)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var route = FindFirst(path);
        _derivedBytes += GC.GetAllocatedBytesForCurrentThread() - before;
        if (_derivedBytes > MostDerivedBytes)
        {
            _derivedBytes = 0;
            foreach (var rule in _rules) rule.Expression = new Regex(rule.Expression.ToString(), Options);
        }
        return route;
    }

    private string? FindFirst(ReadOnlySpan<char> path)
    {
        foreach (var rule in _rules)
        {
            if (path.StartsWith(rule.Prefix, StringComparison.Ordinal) && rule.Expression.IsMatch(path)) return rule.Route;
        }
        return null;
    }

    /// <summary>Copies a path without its matrix parameters, and returns the length of the copy.</summary>
    private static int CopyPlain(ReadOnlySpan<char> path, Span<char> plain)
    {
        var length = 0;
        var isParameter = false;
        foreach (var character in path)
        {
            isParameter = character == ';' || (isParameter && character != '/');
            if (!isParameter) plain[length++] = character;
        }
        return length;
    }

    private static Regex? Compile(string pattern, out string fault)
    {
        fault = "";
        try
        {
            return new Regex(pattern, Options);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            fault = $"\"{pattern}\": {e.Message.ReplaceLineEndings(" ").TrimEnd('.')}";
            return null;
        }
    }

    /// <summary>The text with which every path begins that the pattern matches.</summary>
    private static string PrefixOf(string pattern)
    {
        if (pattern[0] != '^' || pattern.Contains('|', StringComparison.Ordinal)) return "";
        var text = pattern.AsSpan(1);
        var end = text.IndexOfAny(Special);
        if (end < 0) end = text.Length;
        else if (end > 0 && Quantifiers.Contains(text[end])) end--;
        return text[..end].ToString();
    }

    private sealed class Rule(string prefix, Regex expression, string route)
    {
        public string Prefix => prefix;

        public Regex Expression { get; set; } = expression;

        public string Route => route;
    }
}

using System.Collections.Frozen;
using System.Text;

namespace GunicornPrometheusExporter.Metrics;

/// <summary>The request methods that have series of their own. Immutable.</summary>
/// <remarks>The client chooses the method, and each one multiplies the series of every route it is used on.</remarks>
internal sealed class RequestMethods
{
    /// <summary>The methods of RFC 9110, and PATCH.</summary>
    public const string Registered = "GET,HEAD,POST,PUT,DELETE,CONNECT,OPTIONS,TRACE,PATCH";

    /// <summary>What a list must be, worded to follow "set it to".</summary>
    public const string Rule = "1 to 50 methods in upper case with commas between them, such as GET,POST,PROPFIND";

    private const int MostMethods = 50;
    private const int LongestMethod = 32;

    private readonly FrozenSet<string> _methods;
    private readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> _lookup;

    private RequestMethods(string[] methods)
    {
        _methods = methods.ToFrozenSet(StringComparer.Ordinal);
        _lookup = _methods.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public static RequestMethods Default { get; } = TryParse(Registered)!;

    /// <summary>The methods that a text lists; null if it breaks <see cref="Rule"/>.</summary>
    public static RequestMethods? TryParse(string text)
    {
        var methods = text.Split(',', StringSplitOptions.TrimEntries);
        return methods.Length <= MostMethods && methods.All(IsMethod) ? new RequestMethods(methods) : null;
    }

    /// <summary>One of the methods, or null; allocates nothing.</summary>
    internal string? Find(ReadOnlySpan<byte> method)
    {
        Span<char> text = stackalloc char[LongestMethod];
        if (method.Length > LongestMethod) return null;
        var length = Encoding.Latin1.GetChars(method, text);
        return _lookup.TryGetValue(text[..length], out var known) ? known : null;
    }

    private static bool IsMethod(string text) =>
        text.Length is > 0 and <= LongestMethod && text.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) || c is '-' or '_');
}

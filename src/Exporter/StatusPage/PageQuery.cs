using System.Collections.Immutable;
using GunicornPrometheusExporter.Exporter.Readings;
using GunicornPrometheusExporter.Exporter.Trends;

namespace GunicornPrometheusExporter.Exporter.StatusPage;

/// <summary>What the address of a page asks for. Unknown parameters and values count as absent. Immutable.</summary>
internal sealed record PageQuery(ImmutableArray<(string Name, string Value)> Values)
{
    internal const string RangeName = "range";
    internal const string SortName = "sort";
    internal const string SearchName = "q";
    internal const string RouteName = "route";
    internal const string KindName = "kind";
    internal const string WorkerName = "worker";
    internal const string SinceName = "since";
    internal const string HostName = "host";

    private const int MostIncidents = 50;

    private static readonly string[] Names = [RangeName, SortName, SearchName, RouteName, KindName, WorkerName, SinceName, HostName];

    internal static PageQuery Empty { get; } = new([]);

    internal static PageQuery Of(IQueryCollection query) => new(
    [
        .. from name in Names
           from value in query[name]
           where !string.IsNullOrWhiteSpace(value)
           select (name, value),
    ]);

    internal TrendRange Range => this[RangeName] == TrendRange.Day.Name ? TrendRange.Day : TrendRange.Recent;

    /// <summary>The columns by which tables are sorted, with <c>-</c> before one in the other direction.</summary>
    internal IEnumerable<string> Sorts => Values.Where(pair => pair.Name == SortName).Select(pair => pair.Value);

    internal string? this[string name] => Values.FirstOrDefault(pair => pair.Name == name).Value;

    /// <summary>As of the command <c>incidents</c>.</summary>
    internal IncidentFilter IncidentsAt(DateTimeOffset now) => new(
        this[KindName] is { } kind ? [kind] : [], this[WorkerName], this[RouteName],
        Durations.Parse(this[SinceName] ?? "") is { } seconds ? now.ToUnixTimeMilliseconds() / 1e3 - seconds : 0, MostIncidents);

    /// <summary>The address of this page with another value of a parameter; without it if the value is null.</summary>
    internal string With(string name, string? value, string fragment = "") =>
        AddressOf(Values.Where(pair => pair.Name != name).Concat(value is null ? [] : [(name, value)]), fragment);

    /// <summary>The address of this page with another column in place of those of the same table.</summary>
    internal string SortedBy(string column, IEnumerable<string> columns, string fragment) => AddressOf(
        Values.Where(pair => pair.Name != SortName || !columns.Contains(pair.Value.TrimStart('-'))).Append((SortName, column)), fragment);

    /// <summary>Keeps the parameters when a form is sent, without those that are its own fields.</summary>
    internal void WriteHidden(HtmlWriter html, params string[] own)
    {
        foreach (var (name, value) in Values.Where(pair => !own.Contains(pair.Name)))
        {
            html.Write($"""<input type="hidden" name="{name}" value="{value}">""");
        }
    }

    private static string AddressOf(IEnumerable<(string Name, string Value)> values, string fragment) =>
        "?" + string.Join('&', values.Select(pair => $"{pair.Name}={Uri.EscapeDataString(pair.Value)}"))
        + (fragment.Length > 0 ? "#" + fragment : "");
}

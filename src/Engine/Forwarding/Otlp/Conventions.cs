using System.Collections.Frozen;
using System.Globalization;
using GunicornPrometheusExporter.Forwarding.Otlp.Messages;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Forwarding.Otlp;

/// <summary>Names, units and attributes by the semantic conventions of OpenTelemetry.</summary>
/// <remarks>
/// The families of the catalogue are named so that Prometheus' translation of OTLP yields their names in an exposition again,
/// except for those that the conventions define. All others keep their names and labels.
/// </remarks>
internal static class Conventions
{
    private static readonly FrozenSet<string> Own = MetricCatalogue.All.Select(family => family.Name).ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> OwnLabels =
        MetricCatalogue.All.SelectMany(family => family.Labels).ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, string> Labels = new Dictionary<string, string>
    {
        ["method"] = "http.request.method",
        ["endpoint"] = "http.route",
        [MetricCatalogue.StatusCode] = "http.response.status_code",
        ["error_type"] = "error.type",
        ["pid"] = "process.pid",
        ["python"] = "process.runtime.version",
        ["gunicorn"] = "gunicorn.version",
        ["version"] = "gunicorn.exporter.version",
        ["revision"] = "gunicorn.exporter.revision",
        ["runtime"] = "gunicorn.exporter.runtime",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly string[] Namespaces =
        ["worker", "master", "http", "websocket", "dirty", "exporter", "listener", "host", "route", "hub", "sidecar", "process"];

    // What the last word of a name counts.
    private static readonly FrozenSet<string> Counted = FrozenSet.ToFrozenSet(
        ["requests", "workers", "connections", "tasks", "threads", "exits", "restarts", "starts", "signals", "messages", "files",
            "snapshots", "collections", "faults"],
        StringComparer.Ordinal);

    /// <summary>Whether the family is the exporter's, and not the application's.</summary>
    internal static bool IsOwn(string family) => Own.Contains(family);

    /// <summary>The name of a family's metric.</summary>
    internal static string NameOf(string family)
    {
        if (!IsOwn(family)) return family;
        if (family == MetricCatalogue.HttpRequestDuration.Name) return "http.server.request.duration";
        var name = MetricFamily.WithoutTotal(family);
        const string gunicorn = "gunicorn_";
        name = name.StartsWith(gunicorn, StringComparison.Ordinal) ? name[gunicorn.Length..] : $"exporter_{name}";
        if (UnitIn(name) is ("s" or "By" or "1", var suffix) && !Namespaces.Contains(name[..^suffix.Length]))
        {
            name = name[..^suffix.Length];
        }
        var spaces = "gunicorn.";
        while (Array.Find(Namespaces, space => name.StartsWith($"{space}_", StringComparison.Ordinal)) is { } space)
        {
            spaces += $"{space}.";
            name = name[(space.Length + 1)..];
        }
        return spaces + name;
    }

    /// <summary>The unit of a family by UCUM; empty without one.</summary>
    internal static string UnitOf(string family)
    {
        var name = MetricFamily.WithoutTotal(family);
        if (UnitIn(name) is (var unit, _)) return unit;
        var word = name[(name.LastIndexOf('_') + 1)..];
        // Not "1", which makes Prometheus append "_ratio".
        return IsOwn(family) && Counted.Contains(word) ? $"{{{word[..^1]}}}" : "";
    }

    /// <summary>The attribute of a label.</summary>
    /// <param name="isOwn">Whether its family is the exporter's.</param>
    internal static KeyValue AttributeOf(Label label, bool isOwn)
    {
        if (!isOwn) return Attribute(label.Name, label.Value);
        var name = Labels.GetValueOrDefault(label.Name) ?? (OwnLabels.Contains(label.Name) ? $"gunicorn.{label.Name}" : label.Name);
        return label.Name switch
        {
            MetricCatalogue.StatusCode or "pid" when IsNumber(label.Value, out var number) =>
                new() { Key = name, Value = new() { IntValue = number } },
            "method" when label.Value == "__other__" => Attribute(name, "_OTHER"),
            _ => Attribute(name, label.Value),
        };
    }

    internal static KeyValue Attribute(string name, string value) => new() { Key = name, Value = new() { StringValue = value } };

    private static bool IsNumber(string text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static (string Unit, string Suffix)? UnitIn(string name) =>
        name.EndsWith("_seconds", StringComparison.Ordinal) ? ("s", "_seconds")
        : name.EndsWith("_bytes", StringComparison.Ordinal) ? ("By", "_bytes")
        : name.EndsWith("_ratio", StringComparison.Ordinal) ? ("1", "_ratio")
        : name.EndsWith("_percent", StringComparison.Ordinal) ? ("%", "_percent")
        : null;
}

using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.PythonModule.CApi;
using GunicornPrometheusExporter.Recording;

namespace GunicornPrometheusExporter.PythonModule.Module;

/// <summary>Python's metric classes, and the family that each one names.</summary>
internal static class MetricClasses
{
    // The package has nine; an application may derive others, and what it makes past this is looked up each time.
    private const int Maximum = 32;

    private static readonly Dictionary<string, RecordedFamily> Families = new(StringComparer.Ordinal);
    private static readonly nint[] Classes = new nint[Maximum];
    private static readonly RecordedFamily[] FamilyOfClass = new RecordedFamily[Maximum];
    private static int _count;

    /// <summary>The family of a metric class.</summary>
    /// <exception cref="PythonException">It names none; CPython's <c>AttributeError</c> or <c>TypeError</c> is set.</exception>
    /// <exception cref="MetricsException">It names none of the catalogue.</exception>
    internal static RecordedFamily FamilyOf(nint type)
    {
        for (var i = 0; i < _count; i++)
        {
            if (Classes[i] == type) return FamilyOfClass[i];
        }
        return Add(type);
    }

    private static RecordedFamily Add(nint type)
    {
        var family = Find(NameOf(type));
        if (_count == Maximum) return family;
        // Kept for ever, so that no other class can come to have its address.
        PyObject.Retain(type);
        (Classes[_count], FamilyOfClass[_count]) = (type, family);
        _count++;
        return family;
    }

    private static RecordedFamily Find(string name)
    {
        if (Families.TryGetValue(name, out var known)) return known;
        var family = MetricCatalogue.All.Concat(MetricCatalogue.Hidden).FirstOrDefault(family => family.Name == name)
            ?? throw new MetricsException($"{name} is no family of the catalogue");
        return Families[name] = new RecordedFamily(family);
    }

    private static string NameOf(nint type)
    {
        var attribute = PyObject.GetAttribute(type, "family\0"u8);
        if (attribute == 0) throw new PythonException();
        var name = PyUnicode.ToText(attribute);
        PyObject.Release(attribute);
        return name ?? throw new PythonException();
    }
}

/// <summary>A family, and its series that were recorded in through Python's metric classes.</summary>
internal sealed class RecordedFamily(MetricFamily family)
{
    internal MetricFamily Family { get; } = family;
    internal SeriesCache Cache { get; } = new();
}

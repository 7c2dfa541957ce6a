using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.PythonModule.CApi;
using GunicornPrometheusExporter.Recording;

namespace GunicornPrometheusExporter.PythonModule.Module;

/// <summary>Reads the labels that a call of a metric's method names.</summary>
internal static class Labels
{
    private const string Timestamp = "timestamp";

    /// <summary>The label values, in the order of the family's labels.</summary>
    /// <exception cref="MetricsException">A label is missing, unknown, or of another type than str or int.</exception>
    internal static string[] Read(MetricFamily family, MetricCall call) => Read(family, call, [.. family.Labels]);

    /// <summary>The label values of a state, followed by its timestamp.</summary>
    internal static string[] ReadState(MetricFamily family, MetricCall call) =>
        Read(family, call, [.. family.Labels, Timestamp]);

    private static string[] Read(MetricFamily family, MetricCall call, string[] expected)
    {
        var values = new string?[expected.Length];
        var given = new List<string>();
        for (var i = 0; i < call.Count; i++)
        {
            if (!call.IsLabel(i)) continue;
            var name = TextOf(family, "name of a label", call.Name(i));
            given.Add(name);
            var index = Array.IndexOf(expected, name);
            if (index >= 0) values[index] = TextOf(family, $"label {name}", call.Argument(i));
        }
        if (given.Count != expected.Length || values.Contains(null))
        {
            throw new MetricsException(
                $"{family.Name} takes the labels ({string.Join(", ", expected)}), not ({string.Join(", ", given)})");
        }
        return values!;
    }

    private static string TextOf(MetricFamily family, string what, nint value)
    {
        if (PyObject.IsInstance(value, PyUnicode.Type))
        {
            if (PyUnicode.ToText(value) is { } text) return text;
            PyErr.Clear();
            throw new MetricsException($"{family.Name}: the {what} is not valid Unicode");
        }
        if (!PyObject.IsInstance(value, PyNumber.IntType))
        {
            throw new MetricsException($"{family.Name}: the {what} must be a str or an int, not {PyObject.TypeName(value)}");
        }
        var digits = PyObject.Str(value);
        if (digits == 0) throw new PythonException();
        var number = PyUnicode.ToText(digits);
        PyObject.Release(digits);
        return number ?? throw new PythonException();
    }
}

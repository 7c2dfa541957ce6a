using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.PythonModule.CApi;
using GunicornPrometheusExporter.Recording;

namespace GunicornPrometheusExporter.PythonModule.Module;

/// <summary>What one call of a metric's method was given: a value, by its place or its name, and labels by their names.</summary>
internal readonly unsafe ref struct MetricCall
{
    private const int None = -1;

    private readonly nint* _arguments;
    private readonly int _positional;
    private readonly nint _names;
    private readonly int _namedValue = None;

    // SAFETY: CPython hands over an array of borrowed references that live as long as the call: first the positional
    // arguments, then one for each name of the tuple, which is 0 if there are none.
    internal MetricCall(MetricType type, nint* arguments, nint count, nint names)
    {
        Type = type;
        _arguments = arguments;
        _positional = (int)count;
        _names = names;
        Count = names == 0 ? 0 : (int)PyList.TupleSize(names);
        for (var i = 0; i < Count; i++)
        {
            if (!PyUnicode.TryGetUtf8(Name(i), out var name)) PyErr.Clear();
            else if (name.SequenceEqual(ParameterName)) _namedValue = i;
        }
    }

    /// <summary>The type that the method records in.</summary>
    internal MetricType Type { get; }

    /// <summary>How many arguments have names.</summary>
    internal int Count { get; }

    /// <summary>The name of a named argument, borrowed.</summary>
    internal nint Name(int index) => PyList.TupleItem(_names, index);

    /// <summary>A named argument, borrowed.</summary>
    // SAFETY: the index is below Count.
    internal nint Argument(int index) => _arguments[_positional + index];

    /// <summary>Whether a named argument is a label, and not the value.</summary>
    internal bool IsLabel(int index) => index != _namedValue;

    /// <summary>The value that was given, or 1 for a counter that was given none.</summary>
    /// <exception cref="ArgumentException">None was given, or more than one.</exception>
    /// <exception cref="MetricsException">It is no number.</exception>
    internal double Value(MetricFamily family)
    {
        if (_positional > 1) throw Mistake($"takes one positional argument, not {_positional}; pass labels by name");
        if (_positional == 1 && _namedValue != None) throw Mistake($"got two values for '{Parameter}'");
        if (_positional == 0 && _namedValue == None)
        {
            return Type == MetricType.Counter ? 1 : throw Mistake($"is missing the argument '{Parameter}'");
        }
        // SAFETY: one of both is there.
        var given = _positional == 1 ? _arguments[0] : Argument(_namedValue);
        if (PyNumber.TryGetDouble(given, out var value)) return value;
        PyErr.Clear();
        throw new MetricsException($"{family.Name}: the value must be a number, not {PyObject.TypeName(given)}");
    }

    /// <summary>Writes the labels as they were given; the key overflows for what cannot be remembered.</summary>
    internal void WriteLabels(ref CallKey key)
    {
        for (var i = 0; i < Count; i++)
        {
            if (!IsLabel(i)) continue;
            key.Write(Name(i));
            key.Write(Argument(i));
        }
    }

    private string Parameter => Type == MetricType.Counter ? "amount" : "value";

    private ReadOnlySpan<byte> ParameterName => Type == MetricType.Counter ? "amount"u8 : "value"u8;

    private ArgumentException Mistake(string what) => new($"{MetricWriter.OperationOf(Type)}() {what}");
}

using System.Text;
using GunicornPrometheusExporter.PythonModule.CApi;
using GunicornPrometheusExporter.Workers;

namespace GunicornPrometheusExporter.PythonModule.Module;

/// <summary>Finds what the recorder uses in Gunicorn's pairs of str, or ASGI's of bytes.</summary>
internal static class Headers
{
    private const int LowerCase = 0x20;

    /// <summary>Reads a list of pairs; any other object has no headers.</summary>
    internal static RequestHeaders Read(nint list)
    {
        ReadOnlySpan<byte> trace = default, queue = default, length = default;
        var (isOdd, isChunked, isHandshake) = (false, false, false);
        var count = PyList.Size(list);
        for (nint i = 0; i < count; i++)
        {
            var pair = PyList.Item(list, i);
            if (!TryGetText(PyList.TupleItem(pair, 0), out var name))
            {
                isOdd = true;
                break;
            }
            // Length and first letter tell most headers apart without a look at the rest.
            switch (name.Length, (char)(name.IsEmpty ? 0 : name[0] | LowerCase))
            {
                case (7, 'u') when Ascii.EqualsIgnoreCase(name, "upgrade"u8):
                    isHandshake = Ascii.EqualsIgnoreCase(ValueOf(pair, ref isOdd), "websocket"u8);
                    break;
                case (11, 't') when Ascii.EqualsIgnoreCase(name, "traceparent"u8): trace = ValueOf(pair, ref isOdd); break;
                case (13, 'x') when Ascii.EqualsIgnoreCase(name, "x-queue-start"u8): queue = ValueOf(pair, ref isOdd); break;
                case (14, 'c') when Ascii.EqualsIgnoreCase(name, "content-length"u8): length = ValueOf(pair, ref isOdd); break;
                case (15, 'x') when Ascii.EqualsIgnoreCase(name, "x-request-start"u8): queue = ValueOf(pair, ref isOdd); break;
                case (17, 't') when Ascii.EqualsIgnoreCase(name, "transfer-encoding"u8): isChunked = true; break;
            }
        }
        if (count < 0 || isOdd) PyErr.Clear();
        return new RequestHeaders
        {
            TraceParent = trace,
            QueueStart = queue,
            ContentLength = length,
            IsChunked = isChunked,
            IsHandshake = isHandshake,
        };
    }

    /// <summary>Reads the values of the extra labels from a list of pairs.</summary>
    internal static void Describe(nint list, ExtraLabelTable labels)
    {
        var isOdd = false;
        var count = PyList.Size(list);
        for (nint i = 0; i < count && !isOdd; i++)
        {
            var pair = PyList.Item(list, i);
            isOdd = !TryGetText(PyList.TupleItem(pair, 0), out var name);
            if (!isOdd && labels.LabelOf(name) is >= 0 and var label) labels.Set(label, ValueOf(pair, ref isOdd));
        }
        if (count < 0 || isOdd) PyErr.Clear();
    }

    /// <summary>Whether a list of pairs, the headers of a response, announces a stream of server-sent events.</summary>
    internal static bool AreOfStream(nint list)
    {
        var isOdd = false;
        var count = PyList.Size(list);
        ReadOnlySpan<byte> type = default;
        for (nint i = 0; i < count && type.IsEmpty && !isOdd; i++)
        {
            var pair = PyList.Item(list, i);
            isOdd = !TryGetText(PyList.TupleItem(pair, 0), out var name);
            if (name.Length == 12 && Ascii.EqualsIgnoreCase(name, "content-type"u8)) type = ValueOf(pair, ref isOdd);
        }
        if (count < 0 || isOdd) PyErr.Clear();
        var stream = "text/event-stream"u8;
        return type.Length >= stream.Length && Ascii.EqualsIgnoreCase(type[..stream.Length], stream);
    }

    private static ReadOnlySpan<byte> ValueOf(nint pair, scoped ref bool isOdd)
    {
        if (TryGetText(PyList.TupleItem(pair, 1), out var value)) return value;
        isOdd = true;
        return default;
    }

    private static bool TryGetText(nint text, out ReadOnlySpan<byte> content)
    {
        content = default;
        if (text == 0) return false;
        return PyObject.HasType(text, PyList.BytesType)
            ? PyList.TryGetBytes(text, out content)
            : PyUnicode.TryGetUtf8(text, out content);
    }
}

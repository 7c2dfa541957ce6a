using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.PythonModule.CApi;
using GunicornPrometheusExporter.Recording;

namespace GunicornPrometheusExporter.PythonModule;

/// <summary>The only place that catches exceptions of the engine: none crosses into CPython.</summary>
/// <remarks>
/// A call of the user's raises a Python exception. A call on the request path never raises: the fault is counted as a
/// dropped recording, and the first one is logged.
/// </remarks>
internal static class ErrorBoundary
{
    private static bool _isLogged;
    private static nint _metricsError;
    private static nint _report;

    /// <summary>Faults on the request path, including those before the store was open.</summary>
    internal static long Faults { get; private set; }

    /// <summary>Looks up <c>MetricsError</c> and the function that logs a fault.</summary>
    /// <returns>False with a Python exception set if the package lacks them.</returns>
    internal static bool Bind()
    {
        var errors = PyObject.Import("gunicorn_prometheus_exporter.errors\0"u8);
        if (errors == 0) return false;
        _metricsError = PyObject.GetAttribute(errors, "MetricsError\0"u8);
        _report = _metricsError == 0 ? 0 : PyObject.GetAttribute(errors, "report_fault\0"u8);
        PyObject.Release(errors);
        return _report != 0;
    }

    /// <summary>Sets a Python exception and returns 0, which makes CPython raise it.</summary>
    internal static nint Raise(Exception exception)
    {
        switch (exception)
        {
            case PythonException: break;
            case ArgumentException: PyErr.Set(PyErr.TypeError, exception.Message); break;
            case MetricsException or StoreException or CorruptFileException or ConfigurationException:
                PyErr.Set(_metricsError, exception.Message);
                break;
            // The module has no texts for these, only the system's for the others.
            case FileNotFoundException or DirectoryNotFoundException:
                PyErr.Set(_metricsError, $"the store was removed while it was opened; {StoreException.Reload}");
                break;
            case IOException or UnauthorizedAccessException:
                PyErr.Set(_metricsError, $"a file of the store cannot be replaced ({exception.Message}); the worker's user must be able "
                    + $"to remove it, then {StoreException.Reload}");
                break;
            default: PyErr.Set(_metricsError, Describe(exception)); break;
        }
        return 0;
    }

    /// <summary>Counts a fault on the request path and logs the first; returns a new reference to <c>None</c>.</summary>
    internal static nint Drop(Exception exception)
    {
        Faults++;
        Recorder.Metrics?.Drop();
        if (!_isLogged)
        {
            _isLogged = true;
            Report($"a recording was dropped: {Describe(exception)}; later ones are only counted, in {MetricCatalogue.Dropped.Name}");
        }
        PyErr.Clear();
        return PyObject.NewNone();
    }

    /// <summary>Logs a sentence as an error in Gunicorn's log.</summary>
    internal static void Report(string message)
    {
        PyErr.Clear();
        var result = PyObject.Call(_report, PyUnicode.New(message));
        if (result == 0) PyErr.Clear();
        else PyObject.Release(result);
    }

    private static string Describe(Exception exception) =>
        exception is PythonException or ArgumentException or MetricsException or StoreException
            ? exception.Message
            : $"fault in the engine: {exception.GetType().Name}: {exception.Message}";
}

/// <summary>A call into CPython failed and left its own exception set.</summary>
internal sealed class PythonException() : Exception("a call was given arguments of the wrong type");

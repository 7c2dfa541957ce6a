namespace GunicornPrometheusExporter.PythonModule;

/// <summary>A call into CPython failed and left its own exception set.</summary>
internal sealed class PythonException() : Exception("a call was given arguments of the wrong type");

using System.Text.Json.Serialization;

namespace GunicornPrometheusExporter.Stacks;

/// <summary>One frame of a Python stack. It has no values.</summary>
/// <param name="File">The path of the source, as CPython reports it; at most 500 characters.</param>
/// <param name="Line">The line that runs, or that called the next frame.</param>
/// <remarks>The constructor of a struct is optional for JSON otherwise, and a frame without a text would have null there.</remarks>
[method: JsonConstructor]
internal readonly record struct StackFrame(string File, int Line, string Function);

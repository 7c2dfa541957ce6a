using System.Collections.Immutable;

namespace GunicornPrometheusExporter.Stacks;

/// <summary>Decides which frames of a stack are the application's.</summary>
internal static class ApplicationFrames
{
    private const string OwnPackage = "gunicorn_prometheus_exporter";

    // Packages that call the application. Their frames say nothing about it.
    private static readonly ImmutableArray<string> Frameworks =
    [
        "a2wsgi", "asgiref", "asyncio", "bottle", "concurrent", "django", "eventlet", "falcon", "fastapi", "flask", "gevent", "gunicorn",
        "h11", "httptools", "pyramid", "starlette", "threading", "tornado", "uvicorn", "werkzeug",
    ];

    /// <summary>
    /// The frames outside the standard library and installed packages; if there are none, those of installed packages other than
    /// frameworks; if there are none either, the innermost frame.
    /// </summary>
    /// <param name="frames">A stack, the innermost frame first; so is the result.</param>
    internal static ImmutableArray<StackFrame> Of(ImmutableArray<StackFrame> frames)
    {
        ImmutableArray<StackFrame> own = [.. frames.Where(IsOwn)];
        if (!own.IsEmpty) return own;
        ImmutableArray<StackFrame> packages = [.. frames.Where(frame => PackageOf(frame.File) is { } name && !Frameworks.Contains(name))];
        return packages.IsEmpty && !frames.IsEmpty ? [frames[0]] : packages;
    }

    /// <summary>Whether a frame is outside the standard library and installed packages.</summary>
    internal static bool IsOwn(StackFrame frame) => PackageOf(frame.File) is { Length: 0 };

    /// <summary>The installed package of a source; empty for the application's own, null for Python's, ours and scripts.</summary>
    private static string? PackageOf(string file)
    {
        // <frozen importlib._bootstrap>, <string>
        if (file.StartsWith('<')) return null;
        var parts = file.Split('/');
        var folders = parts.AsSpan(..^1);
        if (folders.Contains(OwnPackage)) return null;
        var installed = Array.FindLastIndex(parts, part => part is "site-packages" or "dist-packages");
        // six.py lies there itself.
        if (installed >= 0) return installed + 1 < parts.Length ? parts[installed + 1].Split('.')[0] : null;
        // /usr/bin/gunicorn calls Gunicorn.
        if (parts is [.., "bin", var script] && !script.Contains('.')) return null;
        foreach (var folder in folders)
        {
            if (IsLibrary(folder)) return null;
        }
        return "";
    }

    /// <summary>Whether it is the directory of the standard library: <c>python3.11</c>.</summary>
    private static bool IsLibrary(string part) =>
        part.StartsWith("python3.", StringComparison.Ordinal) && part.AsSpan("python3.".Length).ContainsAnyInRange('0', '9');
}

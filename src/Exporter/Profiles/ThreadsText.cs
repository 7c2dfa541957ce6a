using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.Profiles;

/// <summary>The stacks of live workers for people.</summary>
internal static class ThreadsText
{
    internal static string Write(IReadOnlyList<WorkerThreads> workers)
    {
        var text = new StringBuilder();
        foreach (var worker in workers)
        {
            if (text.Length > 0) text.Append('\n');
            text.Append(CultureInfo.InvariantCulture, $"{worker.WorkerId} (pid {worker.Pid})");
            text.Append(worker.Reason is { } reason ? $": no stacks: {reason}\n" : "\n");
            foreach (var thread in worker.Threads) Write(text, thread, worker.Reason);
        }
        return text.ToString();
    }

    private static void Write(StringBuilder text, ThreadReport thread, string? known)
    {
        text.Append(CultureInfo.InvariantCulture, $"  thread {thread.Thread}");
        text.Append(thread.Reason is { } reason && reason != known ? $": no stack: {reason}\n" : "\n");
        foreach (var request in thread.Requests)
        {
            var trace = request.TraceId is { } id ? $", trace {id}" : "";
            text.Append(
                CultureInfo.InvariantCulture,
                $"    {Show.Printable(request.Method)} {Show.Printable(request.Route)}, {Show.Seconds(request.AgeSeconds)}{trace}\n");
        }
        foreach (var frame in thread.Stack ?? [])
        {
            text.Append(
                CultureInfo.InvariantCulture, $"      {Show.Printable(frame.Function)} ({Show.Printable(frame.File)}:{frame.Line})\n");
        }
    }
}

using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Native;
using Microsoft.Win32.SafeHandles;

namespace GunicornPrometheusExporter.Incidents;

/// <summary>
/// <c>exceptions_worker-N.jsonl</c>: the exceptions of a slot's worker, one incident per line as JSON, until the exporter takes them.
/// </summary>
internal static class ExceptionFile
{
    private const string Prefix = "exceptions_";
    private const string Extension = ".jsonl";
    private const int LargestFile = 1 << 20;
    private const int LongestText = 500;

    internal static string PathOf(string directory, int worker) =>
        Path.Combine(directory, $"{Prefix}{SlotName.Of(SlotKind.Worker, worker)}{Extension}");

    /// <summary>Appends a line unless the file is large. Holds no descriptor: the application may close any that it did not open.</summary>
    /// <exception cref="CorruptFileException">There is something else than a regular file.</exception>
    /// <exception cref="StoreException">It cannot be written.</exception>
    internal static void Append(string path, Incident incident)
    {
        var descriptor = Libc.Open(
            path, Libc.OpenReadWrite | Libc.OpenAppend | Libc.OpenCreate | Libc.OpenCloseOnExec | Libc.OpenNoFollow | Libc.OpenNonBlocking,
            Libc.OwnerReadWrite);
        if (descriptor < 0) throw StoreException.OfWriter(path, "opened", Marshal.GetLastPInvokeError());
        try
        {
            if (StoreFiles.RegularStatus(descriptor, path).Size > LargestFile) return;
            var line = IncidentLine.Write(incident);
            if (Libc.Write(descriptor, line, (nuint)line.Length) < 0)
            {
                throw StoreException.OfWriter(path, "written", Marshal.GetLastPInvokeError());
            }
        }
        finally
        {
            _ = Libc.Close(descriptor);
        }
    }

    /// <summary>Whether the exporter has taken all lines.</summary>
    internal static bool IsEmpty(string path) => !Libc.TryGetStatus(path, out var status) || status.Size == 0;

    /// <summary>Removes and returns the exceptions of all workers, as far as they are valid. One exporter at a time calls it.</summary>
    /// <remarks>A line that a worker appends between the last read and the cut is lost; its exception is counted.</remarks>
    /// <param name="now">In seconds since the Unix epoch.</param>
    /// <exception cref="CorruptFileException">One of them is not a regular file; the others are taken.</exception>
    /// <exception cref="StoreException">One of them cannot be read; the others are taken.</exception>
    internal static void Drain(string directory, double now, Action<IEnumerable<Incident>> take)
    {
        Exception? fault = null;
        foreach (var path in Directory.GetFiles(directory, $"{Prefix}*{Extension}"))
        {
            var owner = Path.GetFileNameWithoutExtension(path)[Prefix.Length..];
            if (IsEmpty(path) || !SlotName.TryParse(owner, out var kind, out var number) || kind != SlotKind.Worker) continue;
            try
            {
                var id = SlotName.LabelOf(kind, number);
                take(IncidentJson.ReadLines(Cut(path)).Where(incident => incident.Kind == IncidentKinds.Exception)
                    .TakeLast(IncidentBounds.MostExceptions).Select(incident => Checked(incident, id, now)));
            }
            catch (Exception e) when (e is CorruptFileException or StoreException or IOException)
            {
                fault = e;
            }
        }
        if (fault is not null) throw fault;
    }

    private static byte[] Cut(string path)
    {
        if (!StoreFiles.TryOpen(path, out var descriptor, Libc.OpenReadWrite)) return [];
        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        var size = StoreFiles.RegularStatus(descriptor, path).Size;
        var text = StoreFiles.Read(handle, 0, Math.Min(size, 2 * LargestFile));
        return Libc.Truncate(descriptor, 0) == 0
            ? text
            : throw StoreException.OfReader(path, "emptied", Marshal.GetLastPInvokeError(), "write to");
    }

    /// <summary>Limits what a hostile worker can write.</summary>
    private static Incident Checked(Incident incident, string workerId, double now) =>
        new(Math.Min(incident.Time, now), IncidentKinds.Exception)
        {
            WorkerId = workerId,
            Pid = incident.Pid,
            Method = Shorten(incident.Method),
            Route = Shorten(incident.Route),
            TraceId = Shorten(incident.TraceId),
            ErrorType = Shorten(incident.ErrorType),
            Stack = incident.Stack is { IsDefaultOrEmpty: false } stack
                ? [stack[0] with { File = Shorten(stack[0].File) ?? "", Function = Shorten(stack[0].Function) ?? "" }]
                : null,
        };

    private static string? Shorten(string? text) => text?[..Math.Min(text.Length, LongestText)];
}

using System.Text;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Incidents;
using GunicornPrometheusExporter.Stacks;

namespace GunicornPrometheusExporter.Workers;

/// <remarks>Where the application raised the exceptions that are counted: lines in a file, which the exporter empties.</remarks>
internal sealed partial class PrometheusWorker
{
    // An application that always fails pays for this number of lines, then for a look at the file once a second.
    private int _exceptionsLeft = IncidentBounds.MostExceptions;
    private double _nextExceptionLook = double.NegativeInfinity;

    /// <summary>
    /// Records where the exception was raised that made a request fail. Call it if <see cref="RequestFailed"/> returned true.
    /// </summary>
    /// <param name="errorType">The exception's class name, in UTF-8.</param>
    /// <param name="frames">The stack as faulthandler writes it, the innermost frame first, in UTF-8; it may be empty.</param>
    public void RequestRaised(long token, ReadOnlySpan<byte> errorType, ReadOnlySpan<byte> frames)
    {
        var incident = new Incident((_time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds, IncidentKinds.Exception)
        {
            WorkerId = WorkerId,
            Pid = Environment.ProcessId,
            ErrorType = Encoding.UTF8.GetString(errorType),
            Stack = StackText.FramesOf(frames) is { IsEmpty: false } stack ? [ApplicationFrames.Of(stack)[0]] : null,
        };
        if (_flight.TryFind(token, out var entry))
        {
            incident = incident with
            {
                Method = _routes.MethodOf(entry.Method),
                Route = EndpointOf(entry, entry.Status is 0 ? FailedStatus : entry.Status),
                TraceId = entry.Trace.IsEmpty ? null : Encoding.UTF8.GetString(entry.Trace),
            };
        }
        _exceptionsLeft--;
        ExceptionFile.Append(ExceptionPath, incident);
    }

    private string ExceptionPath => field ??= ExceptionFile.PathOf(_store.Directory, _store.Number);

    private bool HasRoomForException()
    {
        if (_exceptionsLeft > 0) return true;
        var now = MonotonicClock.Seconds();
        if (now < _nextExceptionLook) return false;
        _nextExceptionLook = now + 1;
        if (!ExceptionFile.IsEmpty(ExceptionPath)) return false;
        _exceptionsLeft = IncidentBounds.MostExceptions;
        return true;
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using GunicornPrometheusExporter.PythonModule.CApi;

namespace GunicornPrometheusExporter.PythonModule.Module;

/// <summary>The module's initialisation, which <c>import _engine</c> calls.</summary>
internal static unsafe class EntryPoint
{
    private const string Doc =
        "The engine of gunicorn_prometheus_exporter. Loaded in workers after the fork, never in a master.";

    /// <summary>Creates the module: a new reference, or 0 with an exception set if it cannot be used here.</summary>
    // SAFETY: CPython's contract for a module _engine fixes the name and signature; no exception leaves the method.
    [UnmanagedCallersOnly(EntryPoint = "PyInit__engine", CallConvs = [typeof(CallConvCdecl)])]
    internal static nint Initialize()
    {
        try
        {
            Symbols.Bind();
        }
        catch (EntryPointNotFoundException)
        {
            return 0; // No CPython function can be called, so CPython itself reports the missing exception.
        }
        try
        {
            MetricMethods.Bind();
            CollectionFunctions.Bind();
            return ErrorBoundary.Bind() ? PyModule.Create("_engine", Doc, Functions()) : 0;
        }
        catch (Exception exception)
        {
            return ErrorBoundary.Raise(exception);
        }
    }

    private static PyModule.Function[] Functions() =>
    [
        // SAFETY: every function has METH_FASTCALL's signature.
        new("open", &LifeFunctions.Open,
            "open(directory: str, role: str, timestamps: bool) -> str\n\n" +
            "Takes the lowest free slot of a role, 'worker', 'dirty' or 'process', and returns its worker_id. " +
            "Raises MetricsError if the store cannot be written."),
        new("disable", &LifeFunctions.Disable,
            "disable() -> None\n\nStops recording for good: this process is a forked child."),
        new("statistics", &LifeFunctions.Statistics,
            "statistics() -> dict\n\nReturns worker_id, dropped recordings, faults and managed bytes allocated by this thread."),
        new("request_started", &RequestFunctions.RequestStarted,
            "request_started(method: str, path: str, headers: list) -> int\n\n" +
            "Records a parsed request so that it survives the worker's death, and returns its token. Never raises."),
        new("has_extra_labels", &RequestFunctions.HasExtraLabels,
            "has_extra_labels() -> bool\n\nWhether extra labels are configured, so that requests must be described. Never raises."),
        new("request_described", &RequestFunctions.RequestDescribed,
            "request_described(token: int, scheme: str, headers: list) -> None\n\n" +
            "Finds the values of the extra labels in a request. Never raises."),
        new("request_routed", &RequestFunctions.RequestRouted,
            "request_routed(token: int, route: str) -> None\n\n" +
            "Sets the framework's route of a request, or '__unmatched__'. Never raises."),
        new("route_declared", &RequestFunctions.RouteDeclared,
            "route_declared(route: str) -> None\n\nAdmits a route that the application declares. Never raises."),
        new("request_responding", &RequestFunctions.RequestResponding,
            "request_responding(token: int, status: int, headers: list) -> None\n\n" +
            "Records that the client is about to receive the first byte of a response with these headers. Never raises."),
        new("request_failed", &RequestFunctions.RequestFailed,
            "request_failed(token: int, error_type: str) -> bool\n\n" +
            "Records the exception that made a request fail, at most one for each. Call it before request_finished. " +
            "Returns whether to call request_raised too. Never raises."),
        new("request_raised", &RequestFunctions.RequestRaised,
            "request_raised(token: int, error_type: str, frames: str) -> None\n\n" +
            "Records where that exception was raised: its frames as faulthandler writes them, the innermost first. Never raises."),
        new("request_finished", &RequestFunctions.RequestFinished,
            "request_finished(token: int, status: int, response_bytes: int) -> None\n\n" +
            "Records a finished request. Never raises."),
        new("request_sent_file", &RequestFunctions.RequestSentFile,
            "request_sent_file(token: int, size: int) -> None\n\n" +
            "Sets the bytes of a file that a request sent, which the size in request_finished lacks. Never raises."),
        new("request_answered", &RequestFunctions.RequestAnswered,
            "request_answered(token: int, status: object, response_bytes: int) -> bool\n\n" +
            "Records a finished request, unless an exception is being handled or the status is not a number. Never raises."),
        new("request_abandoned", &RequestFunctions.RequestAbandoned,
            "request_abandoned(token: int) -> None\n\nDiscards a request without recording it. Never raises."),
        new("request_invalid", &RequestFunctions.RequestInvalid,
            "request_invalid(status: int, error_type: str) -> None\n\n" +
            "Records a request that could not be parsed. Never raises."),
        new("websocket_started", &RequestFunctions.WebSocketStarted,
            "websocket_started(path: str) -> int\n\nRecords the start of a WebSocket's handshake, and returns its token. Never raises."),
        new("websocket_accepted", &RequestFunctions.WebSocketAccepted,
            "websocket_accepted(token: int) -> None\n\nRecords that the application accepted a handshake. Never raises."),
        new("websocket_message", &RequestFunctions.WebSocketMessage,
            "websocket_message(token: int, is_sent: bool, size: int) -> None\n\n" +
            "Records a message that the application sent or received. Never raises."),
        new("websocket_ended", &RequestFunctions.WebSocketEnded,
            "websocket_ended(token: int, code: int) -> None\n\n" +
            "Records the end of a WebSocket with its code, or of a handshake with the status that rejects it. Never raises."),
        new("task_started", &TaskFunctions.TaskStarted,
            "task_started(app: str, action: str) -> int\n\n" +
            "Records a task of a dirty worker so that it survives the worker's death, and returns its token. Never raises."),
        new("task_running", &TaskFunctions.TaskRunning,
            "task_running(token: int, accepted: float) -> None\n\n" +
            "Records that a thread begins to run a task, which the dirty arbiter received at a monotonic time. Never raises."),
        new("task_answered", &TaskFunctions.TaskAnswered,
            "task_answered(token: int, outcome: str, is_running: bool) -> int\n\n" +
            "Counts a task that is answered, and returns a token for task_ended if a thread still runs it. Never raises."),
        new("task_ended", &TaskFunctions.TaskEnded,
            "task_ended(token: int) -> None\n\nRecords that the thread of a task that timed out has ended. Never raises."),
        new("set_threads", &TaskFunctions.SetThreads,
            "set_threads(threads: int) -> None\n\nSets how many threads of a dirty worker run tasks. Never raises."),
        new("update_dirty", &TaskFunctions.Update,
            "update_dirty() -> None\n\nUpdates memory, processor time and age of a dirty worker. Never raises."),
        new("set_capacity", &RequestFunctions.SetCapacity,
            "set_capacity(requests: int) -> None\n\nSets how many requests the worker handles at once; 0 if unknown. Never raises."),
        new("heartbeat", &RequestFunctions.Heartbeat,
            "heartbeat() -> bool\n\nUpdates memory, processor use and age; does so and returns True at most once a second. Never raises."),
        new("update", &RequestFunctions.Update,
            "update() -> None\n\nUpdates memory, processor use and age now. Never raises."),
        new("collecting", &CollectionFunctions.Collecting,
            "collecting(phase: str, info: dict) -> None\n\nRecords a collection: a callback for gc.callbacks. Never raises."),
        new("set_state", &RequestFunctions.SetState,
            "set_state(state: str) -> None\n\nSets the state: starting, running, quit or abort. Never raises."),
        new("loop_started", &WaitFunctions.LoopStarted,
            "loop_started(sees_polls: bool) -> None\n\n" +
            "Starts measuring the worker's event loop; sees_polls is whether every poll is recorded. Never raises."),
        new("loop_waits", &WaitFunctions.LoopWaits,
            "loop_waits() -> None\n\nRecords that the loop begins to wait for events. Never raises."),
        new("loop_runs", &WaitFunctions.LoopRuns,
            "loop_runs() -> None\n\nRecords that the loop runs after it waited. Never raises."),
        new("loop_turns", &WaitFunctions.LoopTurns,
            "loop_turns() -> None\n\nRecords that the loop looks for events without waiting for any. Never raises."),
        new("loop_ticked", &WaitFunctions.LoopTicked,
            "loop_ticked(lag: float, sampled: float) -> None\n\n" +
            "Records how late the loop ran its timer, and its busy time if no poll is recorded. Never raises."),
        new("limit_connections", &WaitFunctions.LimitConnections,
            "limit_connections(limit: int) -> None\n\nSets how many connections the worker accepts. Never raises."),
        new("thread_awaited", &WaitFunctions.ThreadAwaited,
            "thread_awaited() -> float\n\nRecords that a connection waits for a thread, and returns the time. Never raises."),
        new("thread_taken", &WaitFunctions.ThreadTaken,
            "thread_taken(since: float) -> None\n\n" +
            "Records that a thread takes a connection that waited since a time of thread_awaited. Never raises."),
        new("set_connections", &WaitFunctions.SetConnections,
            "set_connections(all: int, kept_alive: int) -> None\n\nSets how many connections the worker has. Never raises."),
        new("takes_stacks", &StackFunctions.TakesStacks,
            "takes_stacks() -> bool\n\nWhether the configuration lets other processes take stacks. Never raises."),
        new("signal_handler", &StackFunctions.SignalHandler,
            "signal_handler(signal: int) -> int\n\n" +
            "The address of a signal's handler in this process: 0 is the default action, -1 is no signal. Never raises."),
        new("guard_stack_signal", &StackFunctions.GuardStackSignal,
            "guard_stack_signal(signal: int) -> int\n\n" +
            "Puts a handler around that of faulthandler which keeps errno and survives a fault. Returns its address, -1 on failure. " +
            "Never raises."),
        new("stack_faults", &StackFunctions.StackFaults,
            "stack_faults() -> int\n\nHow many stacks of this process have ended in a fault. Never raises."),
        new("set_stack_signal", &StackFunctions.SetStackSignal,
            "set_stack_signal(signal: int) -> None\n\n" +
            "Sets the signal whose handler writes a stack; 0 if there is none any more. Never raises."),
        new("set_timeout", &StackFunctions.SetTimeout,
            "set_timeout(seconds: float) -> None\n\nSets Gunicorn's setting timeout; 0 if it is off. Never raises."),
        new("metric_method", &MetricMethods.Make,
            "metric_method(owner: type, name: str) -> Callable[..., None]\n\n" +
            "The method inc, set or observe for a class whose subclasses name their family."),
        new("drop", &LifeFunctions.Drop,
            "drop() -> None\n\nCounts a recording that was dropped before it reached the engine. Never raises."),
    ];
}

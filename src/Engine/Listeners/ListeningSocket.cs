namespace GunicornPrometheusExporter.Listeners;

/// <summary>A socket that connections wait at.</summary>
/// <param name="Inode">Its inode, as links of <c>/proc/PID/fd</c> name it.</param>
/// <param name="Address"><c>127.0.0.1:8000</c>, <c>[::1]:8000</c> or <c>unix:/path</c>.</param>
/// <param name="Backlog">Connections in the accept queue.</param>
/// <param name="Limit">How many it takes.</param>
internal readonly record struct ListeningSocket(uint Inode, string Address, uint Backlog, uint Limit);

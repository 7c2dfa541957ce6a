namespace GunicornPrometheusExporter.Exporter.Web;

/// <summary>The web configuration file of a running server, reloaded when it changes.</summary>
/// <remarks>
/// If a changed file is invalid, the errors are logged once and the previous configuration remains in use. Safe for any
/// number of threads.
/// </remarks>
internal sealed class WebConfigFile
{
    private readonly Lock _gate = new();
    private readonly string _path;
    private readonly ILogger _log;
    private WebState _state;
    private string? _complaint;

    /// <exception cref="ConfigurationException">It cannot be used.</exception>
    internal WebConfigFile(string path, ILogger log)
    {
        _path = Path.GetFullPath(path);
        _log = log;
        _state = new(_path);
    }

    /// <summary>Reads the file that a configuration names; null if it names none.</summary>
    /// <exception cref="ConfigurationException">It cannot be used.</exception>
    internal static WebConfigFile? Of(ExporterConfig config, ILoggerFactory loggers) =>
        config.WebConfigFile is { } path ? new(path, loggers.CreateLogger("web")) : null;

    /// <summary>Whether connections are encrypted. Does not change while the process runs; nor does <see cref="IsHttp2"/>.</summary>
    internal bool IsTls => _state.Tls is not null;

    internal bool IsHttp2 => IsTls && _state.Config.IsHttp2;

    /// <summary>The current configuration, for a new connection or request.</summary>
    internal WebState Current()
    {
        lock (_gate)
        {
            try
            {
                if (_state.HasChanged())
                {
                    _state = Changed();
                    _log.WebConfigIsRead(_path);
                }
                _complaint = null;
            }
            catch (ConfigurationException e)
            {
                if (_complaint != e.Message) _log.WebConfigStays(_path, e.Message);
                _complaint = e.Message;
            }
            return _state;
        }
    }

    private WebState Changed()
    {
        var state = new WebState(_path);
        if ((state.Tls is null) == IsTls)
        {
            throw new ConfigurationException(
                $"{_path} {(IsTls ? "no longer has" : "now has")} tls_server_config, which requires a restart; " +
                    "restart, or undo the change");
        }
        return state;
    }
}
